"""How long notes are kept: an address until its note is settled, the fact that one was owed for a month."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import bindparam, case, delete, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.notes import MONTH, NoteRow

NOTE_DAYS = MONTH.days + 1
"""Days after which a settled note is forgotten: nobody counts it any more."""


# Built once, for it takes long, and leaving must not.
STILL_OWED = NoteRow.state.in_(OPEN)
CALL_OFF = (
    update(NoteRow)
    .where(NoteRow.lookup.in_(bindparam("whose", expanding=True)), NoteRow.state != State.SENDING)
    .values(
        facts={},  # they name the reader
        sealed_to=None,
        not_before=None,
        state=case((STILL_OWED, State.SKIPPED.value), else_=NoteRow.state),
        reason=case((STILL_OWED, Reason.LEFT.value), else_=NoteRow.reason),
    )
    .execution_options(synchronize_session=False)
)


def call_off(session: Session, lookups: Sequence[bytes], *, kind: str | None = None) -> None:
    """Send these addresses nothing of what is still owed to them (of one kind), and forget them and what it said.

    That they were written to stays counted.  What is on the wire ends with its outcome.
    """
    if lookups:
        off = CALL_OFF if kind is None else CALL_OFF.where(NoteRow.kind == kind)
        session.execute(off, {"whose": lookups})


def forget_notes(session: Session, lookups: Sequence[bytes]) -> None:
    """Forget that notes were owed to an address at all."""
    session.execute(delete(NoteRow).where(NoteRow.lookup.in_(lookups)).execution_options(synchronize_session=False))


def drop_old_notes(session: Session, *, today: date) -> int:
    """Forget notes that were settled and count for nothing any more; return how many."""
    old = (NoteRow.day <= today - timedelta(days=NOTE_DAYS), NoteRow.not_before.is_(None))
    gone = session.connection().execute(delete(NoteRow).where(*old), execution_options={"preserve_rowcount": True})
    return gone.rowcount


def came_back(session: Session, ref: bytes, reason: Reason, text: str) -> bool:
    """Note that a note which a server took came back after all; False if there is none of that `ref`."""
    mine = update(NoteRow).where(NoteRow.ref == ref, NoteRow.not_before.is_(None))
    said = mine.values(state=State.REFUSED, reason=reason, text=text or None)
    return session.scalar(said.returning(NoteRow.id)) is not None
