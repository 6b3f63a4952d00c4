"""What came in by mail: kept sealed from before we say that we took it until it is worked off.

As with deliveries, taken is not a state: who works a row off holds it under a lease by the database's clock.  The
number of attempts is the fence: only who took it last writes what has become of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Float, LargeBinary, SmallInteger, String, and_, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.sealing import Keyring
from newsletter.store.base import Base, Id, Instant, one_of
from newsletter.store.batches import database_clock
from newsletter.store.dialects import insert_or_ignore
from newsletter.store.subscribers import new_ref

KEPT = timedelta(days=14)
"""How long a row is kept: reports whole, all others only by their fingerprint."""

REVIEW_KEPT = timedelta(days=90)
"""How long what nobody understands waits for a person."""

MOST_FOR_REVIEW = 1000
MOST_OCTETS_FOR_REVIEW = 500_000_000
"""Beyond either nothing more is left to a person: nobody would read it, and the database must not fill up with it."""

TOO_MUCH = "dropped: too much waits for review"

LEASE = 300.0
"""Seconds after which a row that somebody took and did not finish is taken again."""

TRIES = 3
"""After so many a row is taken by itself, and after as many more it goes to review."""


class ReceivedState(StrEnum):
    """Who waits for what."""

    WAITING = "waiting"
    DONE = "done"
    REVIEW = "review"  # a person should look at it; `what` says why


class ReceivedRow(Base):
    """A mail, or a provider's report, sealed; `fingerprint` is a keyed hash of it, so the same is taken once."""

    __tablename__ = "received"

    id: Mapped[Id]
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    source: Mapped[str] = mapped_column(String(12))
    lane: Mapped[int] = mapped_column(SmallInteger)  # 0: a person waits for the answer; 1: bad news
    state: Mapped[ReceivedState] = mapped_column(one_of(ReceivedState, "state"))
    what: Mapped[str | None] = mapped_column(String(120))  # what it was found to be
    sealed: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    not_before: Mapped[datetime | None] = mapped_column(Instant, index=True)  # None once it is worked off
    lease_until: Mapped[float | None] = mapped_column(Float(53))
    at: Mapped[datetime] = mapped_column(Instant, index=True)


IN_REVIEW = ReceivedRow.state == ReceivedState.REVIEW


@dataclass(frozen=True, slots=True)
class ForReview:
    """What is told of a mail that waits for a person, without the mail."""

    id: int
    at: datetime
    source: str
    what: str


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """A row in hand."""

    id: int
    ref: bytes
    source: str
    sealed: bytes | None
    attempts: int


def receive(
    session: Session,
    keyring: Keyring,
    content: bytes,
    *,
    same_as: bytes,
    source: str,
    lane: int,
    now: datetime,
) -> bool:
    """Keep what came in, sealed; False if what is the `same_as` this was kept already.

    Only once this is committed may a door say that it took it.
    """
    ref = new_ref()
    row = {
        "ref": ref,
        "fingerprint": keyring.lookup(f"received {same_as.hex()}"),
        "source": source,
        "lane": lane,
        "state": ReceivedState.WAITING,
        "sealed": keyring.seal_octets(content, bound_to=ref),
        "attempts": 0,
        "not_before": now,
        "at": now,
    }
    return bool(insert_or_ignore(session, ReceivedRow, [row], ReceivedRow.id))


def anything_waits(session: Session, *, now: datetime) -> bool:
    """Say whether there is something to work off."""
    return session.scalar(select(ReceivedRow.id).where(*_free(session, now)).limit(1)) is not None


def take(session: Session, *, most: int, now: datetime) -> list[Taken]:
    """Take up to `most` rows to work off: those a person waits for first, then as they came.  Commit before working.

    What came to nothing TRIES times is taken by itself: it may have been another's fault, or may be the others' end.
    """
    due = (
        select(ReceivedRow)
        .where(*_free(session, now))
        .order_by(ReceivedRow.lane, ReceivedRow.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    alone = rows[:1] if rows and rows[0].attempts >= TRIES else [row for row in rows if row.attempts < TRIES]
    taken = [Taken(row.id, row.ref, row.source, row.sealed, row.attempts + 1) for row in alone]
    mine = update(ReceivedRow).where(ReceivedRow.id.in_([one.id for one in taken]))
    values = {"attempts": ReceivedRow.attempts + 1, "lease_until": database_clock(session) + LEASE}
    session.execute(mine.values(values).execution_options(synchronize_session=False))
    return taken


def _free(session: Session, now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(ReceivedRow.lease_until.is_(None), ReceivedRow.lease_until <= database_clock(session))
    return ReceivedRow.not_before <= now, free


def finish(session: Session, taken: Taken, what: str, *, keep: bool) -> bool:
    """Write down that a row is worked off, and as what; False if somebody else has taken it since.

    `keep`: the content too, for those who ask later why; else it is forgotten now.
    """
    values: dict[str, object] = {"state": ReceivedState.DONE, "what": what[:120], "not_before": None}
    return _write(session, taken, values if keep else {**values, "sealed": None})


def put_off(session: Session, taken: Taken, until: datetime) -> bool:
    """Leave a row for later, as if it had not been taken; False as for `finish`."""
    return _write(session, taken, {"not_before": until, "attempts": taken.attempts - 1})


def to_review(session: Session, taken: Taken, why: str) -> bool:
    """Leave a row to a person, or forget what it holds if too much waits for one; False as for `finish`."""
    if _review_is_full(session):
        return finish(session, taken, TOO_MUCH, keep=False)
    return _write(session, taken, {"state": ReceivedState.REVIEW, "what": why[:120], "not_before": None})


def _review_is_full(session: Session) -> bool:
    held = select(func.count(), func.coalesce(func.sum(func.length(ReceivedRow.sealed)), 0)).where(IN_REVIEW)
    number, octets = session.execute(held).one()
    return bool(number >= MOST_FOR_REVIEW or octets >= MOST_OCTETS_FOR_REVIEW)


def _write(session: Session, taken: Taken, values: dict[str, object]) -> bool:
    mine = (ReceivedRow.id == taken.id, ReceivedRow.attempts == taken.attempts, ReceivedRow.not_before.is_not(None))
    written = update(ReceivedRow).where(*mine).values({**values, "lease_until": None})
    return session.scalar(written.returning(ReceivedRow.id)) is not None


def for_review(session: Session) -> Sequence[ForReview]:
    """Return what waits for a person, oldest first."""
    told = select(ReceivedRow.id, ReceivedRow.at, ReceivedRow.source, ReceivedRow.what).where(IN_REVIEW)
    return [ForReview(id, at, source, what or "") for id, at, source, what in session.execute(told.order_by("id"))]


def one_for_review(session: Session, id: int) -> ReceivedRow | None:
    """Return one of them whole; None if there is none such."""
    return session.scalar(select(ReceivedRow).where(ReceivedRow.id == id, IN_REVIEW))


def reviewed(session: Session, id: int, *, again_at: datetime | None = None) -> bool:
    """Let go of a row that a person has looked at, or have it worked off again; False if there is none such."""
    fate: dict[str, object] = (
        {"state": ReceivedState.DONE, "sealed": None, "what": "looked at"}
        if again_at is None
        else {"state": ReceivedState.WAITING, "not_before": again_at, "attempts": 0}
    )
    mine = (ReceivedRow.id == id, IN_REVIEW)
    return session.scalar(update(ReceivedRow).where(*mine).values(fate).returning(ReceivedRow.id)) is not None


def drop_old(session: Session, *, now: datetime) -> int:
    """Forget what came in long ago, and for longest what waits for a person; return how many."""
    done = and_(ReceivedRow.at <= now - KEPT, ReceivedRow.state == ReceivedState.DONE)
    unseen = and_(ReceivedRow.at <= now - REVIEW_KEPT, IN_REVIEW)
    old = delete(ReceivedRow).where(or_(done, unseen))
    return session.connection().execute(old, execution_options={"preserve_rowcount": True}).rowcount


def forget_received(session: Session, ids: Sequence[int]) -> None:
    """Forget what these rows hold: it was about a reader who is gone.  That they came stays, so they come once."""
    mine = update(ReceivedRow).where(ReceivedRow.id.in_(ids))
    session.execute(mine.values(sealed=None).execution_options(synchronize_session=False))
