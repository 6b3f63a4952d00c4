"""Which keys a database was written with, and where what they sealed stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from newsletter.keyfile import KID, Purpose
from newsletter.store.askings import AskingRow
from newsletter.store.domains import DomainRow
from newsletter.store.notes import NoteRow
from newsletter.store.received import ReceivedRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionRow

LOOKUP = 20
"""Octets of a look-up value."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values, and the column of the same row that each is bound to; `large`: of megabytes."""

    rows: str
    id: InstrumentedAttribute[int]
    value: InstrumentedAttribute[Any]
    bound_to: InstrumentedAttribute[bytes]
    large: bool = False


SEALED = (
    Sealed("subscribers", SubscriberRow.id, SubscriberRow.sealed, SubscriberRow.ref),
    Sealed("domains", DomainRow.id, DomainRow.sealed_name, DomainRow.lookup),
    Sealed("notes", NoteRow.id, NoteRow.sealed_to, NoteRow.ref),
    Sealed("askings", AskingRow.id, AskingRow.sealed, AskingRow.ref),
    Sealed("received", ReceivedRow.id, ReceivedRow.sealed, ReceivedRow.ref, large=True),
)
LOOKUPS: tuple[InstrumentedAttribute[Any], ...] = (
    SubscriberRow.lookup,
    DomainRow.lookup,
    # Where everybody left there is no subscriber; who left must still be known.
    SuppressionRow.lookup,
    NoteRow.lookup,
    AskingRow.lookup,
    ReceivedRow.fingerprint,
)


def keys_in_use(session: Session) -> list[tuple[Purpose, bytes]]:
    """Return values, each with its purpose, that tell whether we hold the keys of this database.

    One of every look-up key: without an older one, who left under it would be written to again.  Of sealed values the
    oldest and the newest: a new key reaches the oldest last (`resealing.py`).
    """
    found: list[tuple[Purpose, bytes]] = [
        ("lookup", value) for column in LOOKUPS for value in _one_of_each_key(session, column)
    ]
    for sealed in SEALED:
        for order in (sealed.id.asc(), sealed.id.desc()):
            value = session.scalar(select(sealed.value).where(sealed.value.is_not(None)).order_by(order).limit(1))
            if value is not None:
                found.append(("seal", value))
    return found


def _one_of_each_key(session: Session, column: InstrumentedAttribute[Any]) -> Iterator[bytes]:
    after = b""
    while (value := session.scalar(select(column).where(column > after).order_by(column).limit(1))) is not None:
        yield value
        after = value[:KID] + b"\xff" * (LOOKUP - KID)  # the last that this key can make: an index leads to the next
