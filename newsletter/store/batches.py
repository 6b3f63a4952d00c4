"""Batches and workers: who has claimed what, and until when.  Claimed is not a state of a delivery.

Leases alone go by the database's clock (seconds since 1970), because hosts differ.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    ForeignKey,
    String,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.outcomes import OPEN, State
from newsletter.store.base import Base, Id, Instant
from newsletter.store.deliveries import DeliveryRow, RowId, of_digest
from newsletter.store.dialects import is_sqlite
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow, state_of_digest

LONGEST_LEASE = 2 * 3600.0
"""Seconds: twice what the settings allow."""

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Due by everybody's clock: hosts differ, and what waits for nothing must not wait for the one that is ahead."""

CRASHES_ALLOWED = 3
"""Times that a delivery may be lost on the wire before it stays doubtful."""


class WorkerRow(Base):
    """A slice that is running: its seat at a letter, and its lease."""

    __tablename__ = "workers"

    id: Mapped[Id]
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    host: Mapped[str] = mapped_column(String(255))
    lease_until: Mapped[float] = mapped_column(Float(53))


class BatchRow(Base):
    """A contiguous range of delivery ids: the unit of claiming, and the timer of the next try."""

    __tablename__ = "batches"

    id: Mapped[Id]
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), index=True)
    lo: Mapped[RowId]
    hi: Mapped[RowId]
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"))
    not_before: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Batch:
    """A claimed batch."""

    id: int
    lo: int
    hi: int


def database_clock(session: Session) -> ColumnElement[float]:
    """Return the SQL expression of the database's clock, in seconds since 1970."""
    if is_sqlite(session):
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Float)
    return literal_column("extract(epoch FROM clock_timestamp())::float8", Float)


def take_seat(session: Session, letter_id: int, *, seats: int, host: str, lease_seconds: float) -> int | None:
    """Begin a slice of a letter: return the worker's id, or None if all seats are taken."""
    session.execute(select(LetterRow.id).where(LetterRow.id == letter_id).with_for_update())
    taken = session.scalar(select(func.count()).where(WorkerRow.letter_id == letter_id)) or 0
    if taken >= seats:
        return None
    now = session.scalar(select(database_clock(session))) or 0.0
    worker = WorkerRow(letter_id=letter_id, host=host, lease_until=now + lease_seconds)
    session.add(worker)
    session.flush()
    return worker.id


def leave_seat(session: Session, worker_id: int) -> None:
    """End a slice: its batches are free again, its lease is gone."""
    session.execute(update(BatchRow).where(BatchRow.worker_id == worker_id).values(worker_id=None))
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))


def renew_lease(session: Session, worker_id: int, *, lease_seconds: float) -> bool:
    """Prolong a lease that is still alive; False if it is not."""
    clock = database_clock(session)
    renewed = session.execute(
        update(WorkerRow)
        .where(WorkerRow.id == worker_id, WorkerRow.lease_until > clock)
        .values(lease_until=clock + lease_seconds)
        .returning(WorkerRow.id)
    )
    return renewed.first() is not None


def claim(session: Session, letter_id: int, *, worker_id: int, now: datetime) -> Batch | None:
    """Take one due batch of a letter for this worker; None if nothing is due, or this worker counts as dead by now.

    One statement decides (`FOR UPDATE SKIP LOCKED`), so two workers can never both win; on SQLite the transaction
    alone does.
    """
    alive = select(WorkerRow.id).where(WorkerRow.id == worker_id, WorkerRow.lease_until > database_clock(session))
    if session.scalar(alive.with_for_update(read=True)) is None:
        return None
    row = session.scalars(
        select(BatchRow)
        .join(LetterRow, LetterRow.id == BatchRow.letter_id)
        .join(DigestRow, DigestRow.id == LetterRow.digest_id)
        .where(
            BatchRow.letter_id == letter_id,
            BatchRow.worker_id.is_(None),
            BatchRow.not_before <= now,
            DigestRow.state == DigestState.SENDING,
        )
        .order_by(BatchRow.id)
        .limit(1)
        .with_for_update(of=BatchRow, skip_locked=True)
    ).first()
    if row is None:
        return None
    row.worker_id = worker_id
    session.flush()
    return Batch(row.id, row.lo, row.hi)


def close_batch(session: Session, batch: Batch, *, worker_id: int) -> None:
    """End a batch: delete it, or give it back until the first of its rows is due again."""
    mine = (BatchRow.id == batch.id, BatchRow.worker_id == worker_id)
    # Locked before it is looked into: an operator may be queueing one of its rows again at this moment.
    session.execute(select(BatchRow.id).where(*mine).with_for_update())
    waiting = session.execute(
        select(func.count(), func.min(func.coalesce(DeliveryRow.not_before, literal(AT_ONCE, Instant)))).where(
            DeliveryRow.id.between(batch.lo, batch.hi), DeliveryRow.state.in_([*OPEN, State.SENDING])
        )
    ).one()
    if waiting[0] == 0:
        session.execute(delete(BatchRow).where(*mine))
    else:
        session.execute(update(BatchRow).where(*mine).values(worker_id=None, not_before=waiting[1] or AT_ONCE))


def due_letters(session: Session, *, now: datetime) -> list[int]:
    """Return the ids of letters that have a due batch nobody has claimed: for these the bell is rung."""
    due = (
        select(BatchRow.letter_id)
        .distinct()
        .join(LetterRow, LetterRow.id == BatchRow.letter_id)
        .join(DigestRow, DigestRow.id == LetterRow.digest_id)
        .where(BatchRow.worker_id.is_(None), BatchRow.not_before <= now, DigestRow.state == DigestState.SENDING)
    )
    return list(session.scalars(due.order_by(BatchRow.letter_id)))


def hurry(session: Session, digest_id: int) -> None:
    """Make what was handed back unsent due at once: an operator says that its cause is mended.

    What a server put off (a 4xx) waits for its own time as before.
    """
    letters = select(LetterRow.id).where(LetterRow.digest_id == digest_id)
    session.execute(
        update(DeliveryRow)
        .where(*of_digest(digest_id), DeliveryRow.state == State.QUEUED, DeliveryRow.not_before.is_not(None))
        .values(not_before=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(BatchRow)
        .where(BatchRow.letter_id.in_(letters), BatchRow.worker_id.is_(None))
        .values(not_before=AT_ONCE)
        .execution_options(synchronize_session=False)
    )


def has_batches(session: Session, digest_id: int) -> bool:
    """Say whether anything of a digest is still to be delivered."""
    found = select(BatchRow.id).join(LetterRow, LetterRow.id == BatchRow.letter_id)
    return session.scalar(found.where(LetterRow.digest_id == digest_id).limit(1)) is not None


def sweep(session: Session, *, resend: bool) -> int:
    """Bury workers whose lease has ended: what they had on the wire is in doubt, what they had claimed is free.

    A row in doubt is owed again (`resend`), or kept as doubtful: as it is after its third crash, and once its digest
    was cancelled.  `FOR UPDATE` here against `FOR SHARE` in the flush puts the two in order: whoever still writes holds
    its lease.  Returns how many workers that were.
    """
    clock = database_clock(session)
    # A lease that ends later than any may was given before the database's clock went back: who lives asks for another.
    over = or_(WorkerRow.lease_until <= clock, WorkerRow.lease_until > clock + LONGEST_LEASE)
    dead = session.scalars(select(WorkerRow.id).where(over).with_for_update(skip_locked=True)).all()
    for worker_id in dead:
        for batch in session.scalars(select(BatchRow).where(BatchRow.worker_id == worker_id)):
            _doubt(session, batch, resend=resend)
        leave_seat(session, worker_id)
    return len(dead)


def _doubt(session: Session, batch: BatchRow, *, resend: bool) -> None:
    on_the_wire = (DeliveryRow.id.between(batch.lo, batch.hi), DeliveryRow.state == State.SENDING)
    fate: dict[str, Any] = {"state": State.DOUBTFUL, "crashes": DeliveryRow.crashes + 1}
    if resend and state_of_digest(session, batch.letter_id) is not DigestState.CANCELLED:
        again = DeliveryRow.crashes + 1 < CRASHES_ALLOWED
        session.execute(update(DeliveryRow).where(*on_the_wire, again).values(fate | {"state": State.QUEUED}))
    session.execute(update(DeliveryRow).where(*on_the_wire).values(fate))
