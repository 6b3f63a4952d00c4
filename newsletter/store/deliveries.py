"""Deliveries: a letter owed to one subscriber.  The row is the truth; the task queue only rings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Index, Result, SmallInteger, String, func, null, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.outcomes import Reason, State
from newsletter.store.base import Answered, Base, BigId, Id, Instant, one_of
from newsletter.store.digests import DigestRow

RowId = Annotated[int, mapped_column(BigId)]


class PlanRow(Base):
    """One planning: how many deliveries of one letter were written down, and at which ids they stand.

    `planned` is the number every count is held against: see `tally`.
    """

    __tablename__ = "plans"

    id: Mapped[Id]
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id"), index=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    wave: Mapped[str] = mapped_column(String(8))
    lo: Mapped[RowId]
    planned: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)


class DeliveryRow(Answered, Base):
    """A letter owed to one subscriber.

    One wide row, written twice in place (`sending`, then the outcome): no index names a column that changes, and
    pages are left half empty, so that PostgreSQL updates within the page (HOT).  The plan's foreign keys are checked
    once, in `plans`, not once a reader; `subscriber_id` is nulled by whoever deletes a subscriber.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        # A reader gets a digest once.  Subscriber first: leaving looks a reader's deliveries up.
        Index("uq_deliveries_subscriber_id", "subscriber_id", "digest_id", unique=True),
        {"postgresql_with": {"fillfactor": 45}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    digest_id: Mapped[RowId]
    letter_id: Mapped[RowId]
    plan_id: Mapped[RowId]
    subscriber_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[State] = mapped_column(one_of(State, "state"))
    reason: Mapped[Reason | None] = mapped_column(String(12))
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(SmallInteger)  # answers of a server
    crashes: Mapped[int] = mapped_column(SmallInteger)  # leases lost with this row on the wire
    copy: Mapped[int] = mapped_column(SmallInteger)  # sent again by hand: another Message-ID


@dataclass(frozen=True, slots=True)
class Tally:
    """A digest's deliveries, counted by letter and state: what was planned against what there is."""

    planned: int
    letters: dict[int, dict[State, int]]

    @property
    def states(self) -> dict[State, int]:
        """The counts of all letters together, every state named."""
        return {state: sum(counts.get(state, 0) for counts in self.letters.values()) for state in State}

    @property
    def balances(self) -> bool:
        """Nobody lost: every delivery that was planned is in exactly one state."""
        return self.planned == sum(self.states.values())

    @property
    def open(self) -> int:
        """How many are still owed or on the wire."""
        states = self.states
        return states[State.QUEUED] + states[State.DEFERRED] + states[State.SENDING]


def of_digest(digest_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that name a digest's deliveries, beside their plans.

    Deliveries of a plan are contiguous, so their pages are read and no others.
    """
    within = DeliveryRow.id.between(PlanRow.lo, PlanRow.lo + PlanRow.planned - 1)
    return PlanRow.digest_id == digest_id, PlanRow.id == DeliveryRow.plan_id, within


def delivery_to(session: Session, digest_id: int, subscriber_id: int) -> DeliveryRow | None:
    """Return the delivery of a digest to one subscriber, locked, or None."""
    mine = (DeliveryRow.subscriber_id == subscriber_id, DeliveryRow.digest_id == digest_id)
    return session.scalar(select(DeliveryRow).where(*mine).with_for_update())


def tally(session: Session, digest_id: int) -> Tally:
    """Count a digest's deliveries against what was planned, in one statement: both are of the same instant."""
    counts = (
        select(DeliveryRow.letter_id, DeliveryRow.state, func.count())
        .where(*of_digest(digest_id))
        .group_by(DeliveryRow.letter_id, DeliveryRow.state)
    )
    total = select(null(), null(), func.coalesce(func.sum(PlanRow.planned), 0)).where(PlanRow.digest_id == digest_id)
    planned = 0
    letters: dict[int, dict[State, int]] = {}
    rows: Result[int | None, State, int] = session.execute(union_all(counts, total))
    for letter_id, state, count in rows:
        if letter_id is None:
            planned = count
        else:
            letters.setdefault(letter_id, {})[state] = count
    return Tally(planned, letters)


class Had(NamedTuple):
    """What became of a digest that one subscriber was owed."""

    week: str
    state: State
    reason: Reason | None
    at: datetime | None
    text: str | None


def digests_had(session: Session, subscriber_id: int) -> list[Had]:
    """Return every digest that a subscriber was owed, newest week first."""
    rows = session.execute(
        select(DigestRow.week, DeliveryRow.state, DeliveryRow.reason, DeliveryRow.at, DeliveryRow.text)
        .join(DigestRow, DigestRow.id == DeliveryRow.digest_id)
        .where(DeliveryRow.subscriber_id == subscriber_id)
        .order_by(DigestRow.week.desc())
    )
    return [Had(*row) for row in rows]
