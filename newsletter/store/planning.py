"""Planning: in one transaction, a delivery for every active subscriber, and batches over them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Insert, Select, Table, and_, exists, func, insert, literal, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from newsletter.outcomes import State
from newsletter.store.batches import AT_ONCE, BatchRow
from newsletter.store.deliveries import DeliveryRow, PlanRow
from newsletter.store.dialects import is_sqlite
from newsletter.store.subscribers import Readership, SubscriberRow, SubscriberState

DELIVERIES = cast("Table", DeliveryRow.__table__)
COLUMNS = ["digest_id", "letter_id", "plan_id", "subscriber_id", "state", "attempts", "crashes", "copy"]


@dataclass(frozen=True, slots=True)
class Share:
    """A letter and those who get it."""

    letter_id: int
    readership: Readership


def lock_plans(session: Session) -> None:
    """Let planners take turns until the transaction ends: who comes second sees all that the first one planned.

    SQLite lets transactions that write take turns anyway.
    """
    if not is_sqlite(session):
        session.execute(text("LOCK TABLE plans IN EXCLUSIVE MODE"))


def plan_share(
    session: Session,
    digest_id: int,
    share: Share,
    *,
    now: datetime,
    batch_size: int,
    wave: str = "weekly",
    only: Collection[bytes] | None = None,
) -> int:
    """Write down a delivery of the letter for each of its readers who has none of this digest; return how many.

    `only`: of these subscribers alone, named by their `ref`; at most some thousands.

    Ids of a plan are contiguous, because `batches` are ranges of them; so planners take turns.
    """
    lock_plans(session)
    lo = (session.scalar(select(func.max(DeliveryRow.id))) or 0) + 1
    plan = PlanRow(digest_id=digest_id, letter_id=share.letter_id, wave=wave, lo=lo, planned=0, at=now)
    session.add(plan)
    session.flush()
    owed = select(
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
    )
    if only is not None:
        owed = owed.where(SubscriberRow.ref.in_(only))
    statement = _numbered_by_sqlite(owed) if is_sqlite(session) else _numbered_by_us(owed, digest_id, lo)
    written = session.connection().execute(statement, execution_options={"preserve_rowcount": True})
    plan.planned = written.rowcount
    session.flush()
    _cut_into_batches(session, plan, size=batch_size)
    return plan.planned


def newcomers(session: Session, digest_id: int, refs: Collection[bytes]) -> list[Readership]:
    """Return what those of these subscribers want who are active and have none of a digest."""
    kind = (SubscriberRow.edition, SubscriberRow.languages, SubscriberRow.variant)
    rows = session.execute(
        select(*kind, func.count())
        .where(SubscriberRow.ref.in_(refs), SubscriberRow.state == SubscriberState.ACTIVE, ~_has_one(digest_id))
        .group_by(*kind)
        .order_by(*kind)
    )
    return [Readership(*row) for row in rows]


def _has_one(digest_id: int) -> ColumnElement[bool]:
    return exists().where(and_(DeliveryRow.subscriber_id == SubscriberRow.id, DeliveryRow.digest_id == digest_id))


def _numbered_by_us(owed: Select[*tuple[Any, ...]], digest_id: int, lo: int) -> Insert:
    number = literal(lo - 1) + func.row_number().over(order_by=SubscriberRow.id)
    return insert(DELIVERIES).from_select([*COLUMNS, "id"], owed.add_columns(number).where(~_has_one(digest_id)))


def _numbered_by_sqlite(owed: Select[*tuple[Any, ...]]) -> Insert:
    """Let SQLite give the ids, the greatest plus one for each row it really writes.

    To look for what a reader has in the table it writes to, it would make a copy of all rows first; so the unique
    index decides.  With a window over the rows besides, planning took nearly twice as long.
    """
    wanted = sqlite.insert(DELIVERIES).from_select(COLUMNS, owed.order_by(SubscriberRow.id))
    return wanted.on_conflict_do_nothing(index_elements=[DELIVERIES.c.subscriber_id, DELIVERIES.c.digest_id])


def _cut_into_batches(session: Session, plan: PlanRow, *, size: int) -> None:
    end = plan.lo + plan.planned
    rows: Sequence[dict[str, object]] = [
        {"letter_id": plan.letter_id, "lo": lo, "hi": min(lo + size, end) - 1, "not_before": AT_ONCE}
        for lo in range(plan.lo, end, size)
    ]
    if rows:
        session.execute(insert(BatchRow), rows)
