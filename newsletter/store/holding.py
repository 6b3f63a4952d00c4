"""Cancelling: what is still owed of a digest is owed no more, and nothing of it stays open."""

from typing import Any

from sqlalchemy import case, delete, null, select, update
from sqlalchemy.orm import Session

from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.batches import BatchRow, WorkerRow
from newsletter.store.deliveries import DeliveryRow, of_digest
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow

IN_DOUBT = DeliveryRow.crashes > 0
OWED_NO_MORE: dict[str, Any] = {
    # What was cut off once, and owed again since, may have arrived: nobody may say that it did not.
    "state": case((IN_DOUBT, State.DOUBTFUL.value), else_=State.SKIPPED.value),
    "reason": case((IN_DOUBT, null()), else_=Reason.CANCELLED.value),
    "not_before": None,
}


def end_open(session: Session, digest_id: int) -> int:
    """End what is owed of a digest that was cancelled in this transaction: skipped, or doubtful; return how many rows.

    What is on the wire ends with its outcome.  Its batches stay with their workers; the others go.
    """
    letters = select(LetterRow.id).where(LetterRow.digest_id == digest_id)
    session.execute(
        delete(BatchRow)
        .where(BatchRow.letter_id.in_(letters), BatchRow.worker_id.is_(None))
        .execution_options(synchronize_session=False)
    )
    # The fence locks its worker's row FOR SHARE: held here, it and this order of rows cannot wait for each other.
    session.execute(
        select(WorkerRow.id).where(WorkerRow.letter_id.in_(letters)).order_by(WorkerRow.id).with_for_update()
    )
    ended = session.connection().execute(
        update(DeliveryRow).where(*of_digest(digest_id), DeliveryRow.state.in_(OPEN)).values(OWED_NO_MORE),
        execution_options={"preserve_rowcount": True},
    )
    return ended.rowcount


def end_leftovers(session: Session) -> int:
    """End what workers have given back of cancelled digests, owed as before; return how many batches that were.

    A batch in which a row is on the wire stays.
    """
    given_back = (
        select(BatchRow.id)
        .join(LetterRow, LetterRow.id == BatchRow.letter_id)
        .join(DigestRow, DigestRow.id == LetterRow.digest_id)
        .where(DigestRow.state == DigestState.CANCELLED, BatchRow.worker_id.is_(None))
    )
    ids = session.scalars(given_back.with_for_update(of=BatchRow, skip_locked=True)).all()
    if not ids:
        return 0
    inside = DeliveryRow.id.between(BatchRow.lo, BatchRow.hi)
    unsent = update(DeliveryRow).where(BatchRow.id.in_(ids), inside, DeliveryRow.state.in_(OPEN))
    session.execute(unsent.values(OWED_NO_MORE).execution_options(synchronize_session=False))
    on_the_wire = select(DeliveryRow.id).where(inside, DeliveryRow.state == State.SENDING)
    session.execute(
        delete(BatchRow).where(BatchRow.id.in_(ids), ~on_the_wire.exists()).execution_options(synchronize_session=False)
    )
    return len(ids)
