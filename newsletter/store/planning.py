"""Planning: in one transaction, a delivery for every active subscriber, and batches over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, and_, exists, func, insert, literal, select, text
from sqlalchemy.orm import Session

from newsletter.outcomes import State
from newsletter.store.batches import BatchRow
from newsletter.store.deliveries import DeliveryRow, PlanRow
from newsletter.store.subscribers import Readership, SubscriberRow, SubscriberState

DELIVERIES = cast("Table", DeliveryRow.__table__)


@dataclass(frozen=True, slots=True)
class Share:
    """A letter and those who get it."""

    letter_id: int
    readership: Readership


def plan_share(
    session: Session, digest_id: int, share: Share, *, now: datetime, batch_size: int, wave: str = "weekly"
) -> int:
    """Write down a delivery of the letter for each of its readers who has none of this digest; return how many.

    Ids of a plan are contiguous, because `batches` are ranges of them; so planners take turns.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE plans IN EXCLUSIVE MODE"))
    lo = (session.scalar(select(func.max(DeliveryRow.id))) or 0) + 1
    plan = PlanRow(digest_id=digest_id, letter_id=share.letter_id, wave=wave, lo=lo, planned=0, at=now)
    session.add(plan)
    session.flush()
    has_one = exists().where(and_(DeliveryRow.subscriber_id == SubscriberRow.id, DeliveryRow.digest_id == digest_id))
    owed = select(
        literal(lo - 1) + func.row_number().over(order_by=SubscriberRow.id),
        literal(digest_id),
        literal(share.letter_id),
        literal(plan.id),
        SubscriberRow.id,
        literal(State.QUEUED.value),
        literal(0),
        literal(0),
        literal(0),
    ).where(
        SubscriberRow.state == SubscriberState.ACTIVE,
        SubscriberRow.edition == share.readership.edition,
        SubscriberRow.languages == share.readership.languages,
        SubscriberRow.variant == share.readership.variant,
        ~has_one,
    )
    columns = ["id", "digest_id", "letter_id", "plan_id", "subscriber_id", "state", "attempts", "crashes", "copy"]
    written = session.connection().execute(
        insert(DELIVERIES).from_select(columns, owed), execution_options={"preserve_rowcount": True}
    )
    plan.planned = written.rowcount
    session.flush()
    _cut_into_batches(session, plan, now=now, size=batch_size)
    return plan.planned


def _cut_into_batches(session: Session, plan: PlanRow, *, now: datetime, size: int) -> None:
    end = plan.lo + plan.planned
    rows: Sequence[dict[str, object]] = [
        {"letter_id": plan.letter_id, "lo": lo, "hi": min(lo + size, end) - 1, "not_before": now}
        for lo in range(plan.lo, end, size)
    ]
    if rows:
        session.execute(insert(BatchRow), rows)
