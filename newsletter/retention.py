"""Retention: what is forgotten because its time is over, and who is written to again because theirs has come."""

from datetime import date, datetime

from newsletter.store import Session
from newsletter.store.askings import drop_expired
from newsletter.store.choices import wake
from newsletter.store.note_retention import drop_old_notes
from newsletter.store.received import drop_old


def tidy(session: Session, *, now: datetime, today: date) -> None:
    """Forget what is over: askings whose link is dead, notes that nobody counts, mail that was worked off.

    Silences that last until today end.
    """
    drop_expired(session, now=now)
    drop_old_notes(session, today=now.date())
    drop_old(session, now=now)
    wake(session, today=today)
