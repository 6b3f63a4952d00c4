"""Settling doubt: what was cut off without an answer is owed again, or left at that, as an operator decides."""

from datetime import datetime

from newsletter.publishing.holding import planned_digest, reopen
from newsletter.store import Session, doubts
from newsletter.store.audit import add_audit
from newsletter.store.digests import ONGOING, PLANNED, digest_of
from newsletter.store.doubts import Doubt
from newsletter.store.owing import owe_again
from newsletter.weeks import Week


def doubtful(session: Session, week: Week) -> list[Doubt]:
    """Return a digest's deliveries in doubt that nobody has settled yet."""
    row = digest_of(session, week)
    return doubts.doubts(session, row.id) if row else []


def resend_doubtful(session: Session, week: Week, *, now: datetime, who: str, batch_size: int) -> int:
    """Owe again what is in doubt, under the same Message-ID; return how many.  Ring after the commit.

    Not to readers who have left, paused or were stopped since: that stays in doubt.

    Raises
    NotNow: the digest was cancelled, or never planned.
    """
    row = planned_digest(session, week, *ONGOING, done="sent again")
    ids = doubts.doubts_to_active(session, row.id)
    if ids:
        owe_again(session, ids, batch_size=batch_size)
        reopen(row)
        add_audit(session, now=now, who=who, what=f"{len(ids)} in doubt owed again", ref=str(week))
    return len(ids)


def leave_doubtful(session: Session, week: Week, *, now: datetime, who: str) -> int:
    """Leave at that what is in doubt: it stays doubtful, and is listed no more; return how many.

    Raises
    NotNow: the digest was never planned.
    """
    row = planned_digest(session, week, *PLANNED, done="left")
    left = doubts.acknowledge(session, row.id)
    if left:
        add_audit(session, now=now, who=who, what=f"{left} left in doubt", ref=str(week))
    return left
