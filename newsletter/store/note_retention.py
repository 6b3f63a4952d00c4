"""How long notes are kept: an address until its note is settled, the fact that one was owed for a month."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.notes import MONTH, NoteRow

NOTE_DAYS = MONTH.days + 1
"""Days after which a settled note is forgotten: nobody counts it any more."""


def call_off(session: Session, lookups: Sequence[bytes], *, kind: str | None = None) -> None:
    """Send these addresses nothing of what is still owed to them (of one kind), and forget them and what it said.

    That they were written to stays counted.  What is on the wire ends with its outcome.
    """
    if not lookups:
        return
    is_open = NoteRow.state.in_(OPEN)
    off = update(NoteRow).where(NoteRow.lookup.in_(lookups), NoteRow.state != State.SENDING)
    if kind is not None:
        off = off.where(NoteRow.kind == kind)
    fate: dict[str, Any] = {
        "facts": {},  # they name the reader
        "sealed_to": None,
        "not_before": None,
        "state": case((is_open, State.SKIPPED.value), else_=NoteRow.state),
        "reason": case((is_open, Reason.LEFT.value), else_=NoteRow.reason),
    }
    session.execute(off.values(fate).execution_options(synchronize_session=False))


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
