"""Reading a claimed batch: what is still owed in it, and to whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.batches import Batch
from newsletter.store.deliveries import DeliveryRow, of_digest
from newsletter.store.digests import DigestRow
from newsletter.store.notices import add_notice
from newsletter.store.subscribers import SubscriberRow, SubscriberState


class OpenDelivery(NamedTuple):
    """A delivery that is owed now, with what is needed to address it."""

    id: int
    letter_id: int
    ref: bytes
    sealed: bytes
    attempts: int
    crashes: int
    copy: int
    first_at: datetime | None


def count_due(session: Session, batch: Batch, *, now: datetime) -> int:
    """Return how many of the batch's deliveries are due; who is not to get one any more is skipped."""
    skip_ineligible(session, DeliveryRow.id.between(batch.lo, batch.hi))
    return session.scalar(select(func.count()).where(*_due(batch, now))) or 0


def open_deliveries(session: Session, batch: Batch, *, now: datetime, limit: int) -> list[OpenDelivery]:
    """Return the batch's deliveries that are due, `limit` at most, in the order of their ids."""
    rows = session.connection().execute(  # no mapped object is wanted, and the mapper would cost half as much again
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
        .where(*_due(batch, now))
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    return list(map(OpenDelivery._make, rows))


def _due(batch: Batch, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        DeliveryRow.id.between(batch.lo, batch.hi),
        DeliveryRow.state.in_(OPEN),
        or_(DeliveryRow.not_before.is_(None), DeliveryRow.not_before <= now),
    )


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


def refuse_unsealable(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Settle deliveries whose sealed address cannot be opened, and tell the operator: one damaged row stays one."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids))
        .values(state=State.REFUSED, reason=Reason.UNSEALABLE, at=now)
        .execution_options(synchronize_session=False)
    )
    week = session.scalar(
        select(DigestRow.week).join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id).where(DeliveryRow.id == ids[0])
    )
    add_notice(session, "unsealable", now=now, week=week, text=f"{len(ids)} sealed addresses cannot be opened")


def anybody_has(session: Session, digest_id: int, *, by: str | None = None) -> bool:
    """Say whether a server, or the one of that label, has taken the digest for at least one reader."""
    found = select(DeliveryRow.id).where(*of_digest(digest_id), DeliveryRow.state == State.SENT)
    if by is not None:
        found = found.where(DeliveryRow.server == by)
    return session.scalar(found.limit(1)) is not None
