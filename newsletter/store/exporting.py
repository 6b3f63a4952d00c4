"""Reading all subscribers, some at a time, to write them to a file."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.digest import Variant
from newsletter.store.subscribers import SubscriberRow, SubscriberState


class Sealed(NamedTuple):
    """All that is kept about a subscriber, the address still sealed (bound to `ref`)."""

    id: int
    ref: bytes
    sealed: bytes
    edition: str
    languages: str
    variant: Variant
    state: SubscriberState
    paused_until: date | None
    stop_reason: str | None
    tongue: str
    since_day: date


def count_subscribers(session: Session) -> int:
    """Return how many subscribers there are, whatever their state."""
    return session.scalar(select(func.count()).select_from(SubscriberRow)) or 0


def subscribers_above(session: Session, id: int, *, limit: int) -> Sequence[Sealed]:
    """Return the next subscribers after a row's id, in the order of their ids."""
    columns = [getattr(SubscriberRow, name) for name in Sealed._fields]
    wanted = select(*columns).where(SubscriberRow.id > id).order_by(SubscriberRow.id).limit(limit)
    return [Sealed._make(row) for row in session.execute(wanted)]
