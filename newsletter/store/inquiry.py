"""What is kept under an address, for who asks after one reader; and how many askings wait for their owners."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.outcomes import Reason, State
from newsletter.store.askings import AskingKind, AskingRow, AskingState
from newsletter.store.notes import NoteRow
from newsletter.store.suppressions import SuppressionReason, SuppressionRow


class NoteHad(NamedTuple):
    """What became of a note that was owed to an address."""

    kind: str
    day: date
    state: State
    reason: Reason | None
    text: str | None


class Suppression(NamedTuple):
    """Why and since when an address is not to be written to."""

    reason: SuppressionReason
    day: date


def asking_to_remind_of(session: Session, lookups: Sequence[bytes], *, now: datetime) -> AskingRow | None:
    """Return the newest asking for letters under an address that can still be confirmed, locked."""
    open_ = AskingRow.state != AskingState.CONFIRMED, AskingRow.expires_at > now, AskingRow.sealed.is_not(None)
    mine = AskingRow.lookup.in_(lookups), AskingRow.kind == AskingKind.SUBSCRIBE
    return session.scalar(
        select(AskingRow).where(*mine, *open_).order_by(AskingRow.id.desc()).limit(1).with_for_update()
    )


def notes_had(session: Session, lookups: Sequence[bytes]) -> list[NoteHad]:
    """Return the notes that were owed to an address lately, newest first."""
    rows = session.execute(
        select(NoteRow.kind, NoteRow.day, NoteRow.state, NoteRow.reason, NoteRow.text)
        .where(NoteRow.lookup.in_(lookups))
        .order_by(NoteRow.id.desc())
    )
    return [NoteHad(*row) for row in rows]


def note_facts(session: Session, ref: bytes) -> Mapping[str, str]:
    """Return what a note was made of; nothing if there is none of that `ref`."""
    return session.scalar(select(NoteRow.facts).where(NoteRow.ref == ref)) or {}


def note_lookup(session: Session, ref: bytes) -> bytes | None:
    """Return the look-up value of the address a note went to; None if there is none of that `ref`."""
    return session.scalar(select(NoteRow.lookup).where(NoteRow.ref == ref))


def suppression_of(session: Session, lookups: Sequence[bytes]) -> Suppression | None:
    """Return the entry that keeps an address from being written to."""
    mine = select(SuppressionRow.reason, SuppressionRow.day).where(SuppressionRow.lookup.in_(lookups))
    row = session.execute(mine.order_by(SuppressionRow.id).limit(1)).first()
    return None if row is None else Suppression(*row)


def count_waiting(session: Session, *, now: datetime) -> int:
    """Return how many addresses were asked to confirm that they want letters, and have not said so yet."""
    waiting = (
        AskingRow.kind == AskingKind.SUBSCRIBE,
        AskingRow.state == AskingState.ANSWERED,
        AskingRow.expires_at > now,
    )
    return session.scalar(select(func.count(AskingRow.lookup.distinct())).where(*waiting)) or 0
