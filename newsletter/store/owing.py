"""Owing again: deliveries that had come to an end are queued once more, in batches, so that they are claimed."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, UNSURE, State
from newsletter.store.batches import AT_ONCE, BatchRow
from newsletter.store.deliveries import DeliveryRow, of_digest
from newsletter.store.subscribers import SubscriberRow

IN_ONE_STATEMENT = 1000
"""Ids that one statement names at most."""

AFRESH: dict[str, Any] = {
    "state": State.QUEUED,
    **dict.fromkeys(("reason", "not_before", "server", "code", "enhanced", "text", "first_at")),
    "attempts": 0,
    "crashes": 0,
}


def owe_again(session: Session, ids: Sequence[int], *, batch_size: int, another_copy: bool = False) -> None:
    """Owe deliveries that had come to an end afresh: no answer, no crash, 48 hours from the next try.

    Lock their digest first.  `another_copy`: as messages of their own, with another Message-ID.
    """
    values = AFRESH | ({"copy": DeliveryRow.copy + 1} if another_copy else {})
    for some in _in_turns(ids):
        again = update(DeliveryRow).where(DeliveryRow.id.in_(some)).values(values)
        session.execute(again.execution_options(synchronize_session=False))
    cover(session, ids, batch_size=batch_size)


def owe_in(session: Session, letter_id: int, *ids: int) -> None:
    """Owe these deliveries in another letter of their digest; no worker may have them in hand unmarked."""
    instead = update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(letter_id=letter_id)
    session.execute(instead.execution_options(synchronize_session=False))


def unsure_ids(session: Session, digest_id: int, ref: bytes) -> Sequence[int]:
    """Return what of a digest may have arrived at a subscriber, and may be sent again."""
    mine = (SubscriberRow.ref == ref, DeliveryRow.digest_id == digest_id, DeliveryRow.state.in_(UNSURE))
    rows = select(DeliveryRow.id).join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
    return session.scalars(rows.where(*mine)).all()


def open_ids(session: Session, digest_id: int) -> Sequence[int]:
    """Return the deliveries of a digest that are owed and not on the wire."""
    return session.scalars(select(DeliveryRow.id).where(*of_digest(digest_id), DeliveryRow.state.in_(OPEN))).all()


def cover(session: Session, ids: Sequence[int], *, batch_size: int = IN_ONE_STATEMENT) -> None:
    """Make sure that each of these open deliveries stands in one batch, and that it is due.  Lock their digest first.

    A batch that holds one already is kept, for a delivery in two batches would be in two hands.  If a worker has that
    batch, it gives it back in the end, because something in it is open.
    """
    for some in _in_turns(ids):
        batches = session.scalars(
            select(BatchRow)
            .where(BatchRow.hi >= some[0], BatchRow.lo <= some[-1])
            .order_by(BatchRow.lo)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        bare = set(some)
        for batch in batches:
            held = some[bisect_left(some, batch.lo) : bisect_right(some, batch.hi)]
            bare.difference_update(held)
            if held and batch.worker_id is None:
                batch.not_before = AT_ONCE
        session.flush()
        made = _batches_over(session, bare, [batch.lo for batch in batches], size=batch_size)
        if made:
            session.execute(insert(BatchRow), [one | {"not_before": AT_ONCE} for one in made])


def _batches_over(session: Session, bare: set[int], taken: Sequence[int], *, size: int) -> list[dict[str, int]]:
    """Return ranges over deliveries that no batch holds; between them may lie ended ones, but no other batch.

    `taken`: where the batches around them begin.
    """
    rows = session.execute(
        select(DeliveryRow.id, DeliveryRow.plan_id, DeliveryRow.letter_id)
        .where(DeliveryRow.id.in_(bare))
        .order_by(DeliveryRow.id)
    )
    made: list[dict[str, int]] = []
    plan_before = None
    for id, plan_id, letter_id in rows:
        last = made[-1] if plan_id == plan_before else None
        if last and id - last["lo"] < size and bisect_left(taken, id) == bisect_left(taken, last["hi"]):
            last["hi"] = id
        else:
            made.append({"letter_id": letter_id, "lo": id, "hi": id})
        plan_before = plan_id
    return made


def _in_turns(ids: Sequence[int]) -> Iterator[list[int]]:
    """Yield the ids in ascending order, so many at once as one statement may name."""
    ascending = sorted(ids)
    for first in range(0, len(ascending), IN_ONE_STATEMENT):
        yield ascending[first : first + IN_ONE_STATEMENT]
