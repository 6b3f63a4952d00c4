"""What only the owner of an address may see and do: through a link that has just been mailed there.

The links in letters do not serve, because letters are forwarded.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter import addresses, tokens
from newsletter.notes import LIFE, NoteKind
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingKind, AskingRow, AskingState, asking_by_ref, asking_to_change, askings_of
from newsletter.store.choices import subscriber_to_change
from newsletter.store.notes import owe_note
from newsletter.store.subscribers import SubscriberRow, new_ref, subscriber_by_ref
from newsletter.store.suppressions import SuppressionReason
from newsletter.subscribing import kept
from newsletter.subscribing.changing import Preferences, preferences_of
from newsletter.subscribing.consent import CONSENT
from newsletter.subscribing.leaving import forget

ACCESS_HOURS = int(LIFE[NoteKind.ACCESS].total_seconds() // 3600)
"""Hours that an access link is good for."""

LINKS_A_DAY = 3
"""The most access links a day that one address gets."""


@dataclass(frozen=True, slots=True, repr=False)
class Owner:
    """A reader, as shown to nobody but themselves."""

    ref: bytes
    address: str
    since: date
    reads: Preferences


def ask_access(session: Session, keyring: Keyring, token: str, *, now: datetime) -> bool:
    """Owe the subscriber whom a preferences link names a mail with an access link; False if there is none any more.

    Raises
    ForeignToken
    """
    row = subscriber_to_change(session, ref=tokens.read(keyring, tokens.Purpose.PREFERENCES, token))
    if row is None:
        return False
    ref = new_ref()
    to = addresses.parse(keyring.open(row.sealed, bound_to=row.ref))
    facts = {"asking": ref.hex(), "variant": row.variant.value, "edition": row.edition}
    if owe_note(session, keyring, NoteKind.ACCESS, to, facts=facts, tongue=row.tongue, now=now, per_day=LINKS_A_DAY):
        session.add(
            AskingRow(
                ref=ref,
                kind=AskingKind.ACCESS,
                state=AskingState.ANSWERED,
                lookup=row.lookup,
                subscriber_ref=row.ref,
                tongue=row.tongue,
                door="web",
                text_version=CONSENT,
                expires_at=now + LIFE[NoteKind.ACCESS],
            )
        )
        session.flush()
    return True


def owner(session: Session, keyring: Keyring, token: str, *, now: datetime) -> Owner | None:
    """Return the reader whom an access link names; None if its time is over, or they have left.

    Raises
    ForeignToken
    """
    row = _owner(session, keyring, token, now)
    if row is None:
        return None
    return Owner(row.ref, keyring.open(row.sealed, bound_to=row.ref), row.since_day, preferences_of(row))


def my_data(session: Session, keyring: Keyring, token: str, *, now: datetime) -> dict[str, Any] | None:
    """Return everything that is kept about the reader whom an access link names, fit for JSON; None as for `owner`.

    Raises
    ForeignToken
    """
    row = _owner(session, keyring, token, now)
    if row is None:
        return None
    address = keyring.open(row.sealed, bound_to=row.ref)
    lookups = keyring.lookups(addresses.parse(address).canonical)
    return {
        "address": address,
        **kept.of_subscriber(session, row),
        "other_mail": kept.of_notes(session, lookups),
        "askings": [kept.of_asking(one) for one in askings_of(session, lookups, row.ref)],
    }


def erase(session: Session, keyring: Keyring, token: str, *, now: datetime, today: date) -> bool:
    """Forget the reader whom an access link names; False if there was none any more, or its time is over.

    Raises
    ForeignToken
    """
    found = owner_to_change(session, keyring, token, now=now)
    if found is None:
        return False
    forget(session, keyring, found[1], SuppressionReason.ERASED, today=today)
    return True


def owner_to_change(
    session: Session, keyring: Keyring, token: str, *, now: datetime
) -> tuple[AskingRow, SubscriberRow] | None:
    """Return the asking and the reader whom an access link names, the reader locked; None as for `owner`.

    Raises
    ForeignToken
    """
    asking = asking_to_change(session, tokens.read(keyring, tokens.Purpose.ACCESS, token), now=now)
    if asking is None or asking.kind is not AskingKind.ACCESS:
        return None
    row = subscriber_to_change(session, ref=asking.subscriber_ref)
    return None if row is None else (asking, row)


def _owner(session: Session, keyring: Keyring, token: str, now: datetime) -> SubscriberRow | None:
    asking = asking_by_ref(session, tokens.read(keyring, tokens.Purpose.ACCESS, token), now=now)
    if asking is None or asking.kind is not AskingKind.ACCESS:
        return None
    return subscriber_by_ref(session, asking.subscriber_ref or b"")
