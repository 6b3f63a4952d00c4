"""Retention: what is forgotten because its time is over, and who is written to again because theirs has come."""

from datetime import date, datetime

from newsletter.store import Session
from newsletter.store.askings import drop_expired
from newsletter.store.choices import wake
from newsletter.store.note_retention import drop_old_notes


def tidy(session: Session, *, now: datetime, today: date) -> None:
    """Forget askings whose link is dead and notes that nobody counts; end silences that last until today."""
    drop_expired(session, now=now)
    drop_old_notes(session, today=now.date())
    wake(session, today=today)
