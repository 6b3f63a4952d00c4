"""Reading a claimed batch: what is still owed in it, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.batches import Batch
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.subscribers import SubscriberRow, SubscriberState


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A delivery that is owed now, with what is needed to address it."""

    id: int
    letter_id: int
    ref: bytes
    sealed: bytes
    attempts: int
    crashes: int
    copy: int
    first_at: datetime | None


def open_deliveries(session: Session, batch: Batch, *, now: datetime) -> list[OpenDelivery]:
    """Return the batch's deliveries that are due, in the order of their ids; who is not to get one is skipped."""
    skip_ineligible(session, DeliveryRow.id.between(batch.lo, batch.hi))
    rows = session.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.letter_id,
            SubscriberRow.ref,
            SubscriberRow.sealed,
            DeliveryRow.attempts,
            DeliveryRow.crashes,
            DeliveryRow.copy,
            DeliveryRow.first_at,
        )
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(
            DeliveryRow.id.between(batch.lo, batch.hi),
            DeliveryRow.state.in_(OPEN),
            or_(DeliveryRow.not_before.is_(None), DeliveryRow.not_before <= now),
        )
        .order_by(DeliveryRow.id)
    )
    return [OpenDelivery(*row) for row in rows]


def skip_ineligible(session: Session, which: ColumnElement[bool]) -> Sequence[int]:
    """Skip open deliveries to subscribers who left, paused or were stopped, each with its reason; return their ids."""
    subscriber = select(SubscriberRow.state).where(SubscriberRow.id == DeliveryRow.subscriber_id).scalar_subquery()
    reason = case(
        (subscriber == SubscriberState.PAUSED, Reason.PAUSED.value),
        (subscriber == SubscriberState.STOPPED, Reason.STOPPED.value),
        else_=Reason.LEFT.value,
    )
    active = select(SubscriberRow.id).where(
        SubscriberRow.id == DeliveryRow.subscriber_id, SubscriberRow.state == SubscriberState.ACTIVE
    )
    return session.scalars(
        update(DeliveryRow)
        .where(which, DeliveryRow.state.in_(OPEN), ~active.exists())
        .values(state=State.SKIPPED, reason=reason)
        .returning(DeliveryRow.id)
        .execution_options(synchronize_session=False)
    ).all()
