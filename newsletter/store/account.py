"""Looking for what must never be: deliveries that nobody would ever come to, batches that nobody needs.

Each figure is one statement, so it is of one instant, while workers are at work too.
"""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, State
from newsletter.store.batches import BatchRow
from newsletter.store.deliveries import DeliveryRow, of_digest
from newsletter.store.letters import LetterRow


def uncovered(session: Session, digest_id: int) -> int:
    """Count the deliveries that are owed and stand in no batch: nobody would claim them."""
    return _beyond(session, digest_id, DeliveryRow.state.in_(OPEN))


def unattended(session: Session, digest_id: int) -> int:
    """Count the deliveries that are on the wire, as they say, while no worker has their batch."""
    return _beyond(session, digest_id, DeliveryRow.state == State.SENDING, BatchRow.worker_id.is_not(None))


def _beyond(session: Session, digest_id: int, which: ColumnElement[bool], *batches: ColumnElement[bool]) -> int:
    """Count the digest's deliveries that lie in none of its `batches`."""
    everyone = select(func.count(DeliveryRow.id)).where(*of_digest(digest_id), which)
    # What an earlier range has counted, a later one does not.  Each range is looked up by itself: joined, PostgreSQL
    # may hold every delivery against every batch.
    counted_to = func.max(BatchRow.hi).over(order_by=(BatchRow.lo, BatchRow.id), rows=(None, -1))
    ranges = (
        select(case((counted_to >= BatchRow.lo, counted_to + 1), else_=BatchRow.lo).label("lo"), BatchRow.hi)
        .join(LetterRow, LetterRow.id == BatchRow.letter_id)
        .where(LetterRow.digest_id == digest_id, *batches)
        .subquery()
    )
    within = select(func.count(DeliveryRow.id)).where(DeliveryRow.id.between(ranges.c.lo, ranges.c.hi), which)
    covered = select(func.coalesce(func.sum(within.correlate(ranges).scalar_subquery()), 0))
    return session.scalar(select(everyone.scalar_subquery() - covered.select_from(ranges).scalar_subquery())) or 0


def free_batches(session: Session, digest_id: int) -> int:
    """Count the batches of a digest that no worker has."""
    of_letters = select(func.count(BatchRow.id)).join(LetterRow, LetterRow.id == BatchRow.letter_id)
    return session.scalar(of_letters.where(LetterRow.digest_id == digest_id, BatchRow.worker_id.is_(None))) or 0
