"""Askings: what somebody asked for under an address and has not confirmed yet; sealed, and gone after a week."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, LargeBinary, String, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.digest import Variant
from newsletter.store.base import Base, Id, Instant, one_of
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.turns import take_turns


class AskingKind(StrEnum):
    """What was asked for."""

    SUBSCRIBE = "subscribe"  # to read, or to read something else from now on
    ACCESS = "access"  # a fresh link to one's own data
    MOVE = "move"  # to have one's letters at this address from now on


class AskingState(StrEnum):
    """How far it has come."""

    ASKED = "asked"  # nobody has looked at it yet
    ANSWERED = "answered"  # the mail with its link is owed
    CONFIRMED = "confirmed"  # done; kept as long as its link lives, so that pressing twice is no fault


class AskingRow(Base):
    """One asking.  The address is sealed (bound to `ref`), and blanked once the asking is confirmed.

    Links name `ref`, never `id`.  Whoever asks makes one row, whatever stands under that address: nothing about it can
    be learned from how the question is taken.
    """

    __tablename__ = "askings"

    id: Mapped[Id]
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    kind: Mapped[AskingKind] = mapped_column(one_of(AskingKind, "kind"))
    state: Mapped[AskingState] = mapped_column(one_of(AskingState, "state"))
    lookup: Mapped[bytes] = mapped_column(LargeBinary(20), index=True)
    sealed: Mapped[bytes | None]
    subscriber_ref: Mapped[bytes | None] = mapped_column(LargeBinary(8), index=True)  # whose data, or who moves
    edition: Mapped[str | None] = mapped_column(String(40))
    languages: Mapped[str | None] = mapped_column(String(80))  # codes in order, a space between
    variant: Mapped[Variant | None] = mapped_column(one_of(Variant, "variant"))
    tongue: Mapped[str] = mapped_column(String(8))
    door: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(20))  # of the words that were agreed to
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def asking_to_answer(session: Session, id: int) -> AskingRow | None:
    """Return an asking that nobody has answered yet, locked, after whoever is at its address."""
    wanted = (AskingRow.id == id, AskingRow.state == AskingState.ASKED)
    take_turns(session, select(AskingRow.lookup).where(*wanted))
    return session.scalar(select(AskingRow).where(*wanted).with_for_update(skip_locked=True))


def unanswered(session: Session, *, limit: int, after: int = 0) -> Sequence[int]:
    """Return the ids, greater than `after`, of askings that nobody has answered yet, oldest first."""
    asked = select(AskingRow.id).where(AskingRow.state == AskingState.ASKED, AskingRow.id > after)
    return session.scalars(asked.order_by(AskingRow.id).limit(limit)).all()


def asking_by_ref(session: Session, ref: bytes, *, now: datetime) -> AskingRow | None:
    """Return the asking that a link names; None if there is none, or its time is over."""
    return session.scalar(select(AskingRow).where(*_alive(ref, now)))


def asking_to_change(session: Session, ref: bytes, *, now: datetime) -> AskingRow | None:
    """Return the asking that a link names, locked, after whoever is at its address or its subscriber's."""
    mine = _alive(ref, now)
    theirs = select(SubscriberRow.lookup).join(AskingRow, AskingRow.subscriber_ref == SubscriberRow.ref).where(*mine)
    take_turns(session, select(AskingRow.lookup).where(*mine), theirs)
    return session.scalar(select(AskingRow).where(*mine).with_for_update().execution_options(populate_existing=True))


def _alive(ref: bytes, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return AskingRow.ref == ref, AskingRow.expires_at > now, AskingRow.state != AskingState.ASKED


def askings_of(session: Session, lookups: Sequence[bytes], ref: bytes | None) -> list[AskingRow]:
    """Return all askings under an address, and those of a subscriber (`ref`) if there is one, oldest first."""
    return list(session.scalars(select(AskingRow).where(_of(lookups, ref)).order_by(AskingRow.id)))


def discreet_is_asked(session: Session, lookups: Sequence[bytes]) -> bool:
    """Say whether an asking under an address, confirmed or not, wants discreet letters."""
    wanted = (AskingRow.lookup.in_(lookups), AskingRow.variant == Variant.DISCREET)
    return session.scalar(select(AskingRow.id).where(*wanted).limit(1)) is not None


def drop_asking(session: Session, asking: AskingRow) -> None:
    """Forget one asking."""
    session.execute(delete(AskingRow).where(AskingRow.id == asking.id))


def drop_askings(
    session: Session, lookups: Sequence[bytes], *, of: bytes | None = None, but: AskingRow | None = None
) -> None:
    """Forget all askings under an address, and those of a subscriber (`of`, a `ref`), but for one."""
    doomed = delete(AskingRow).where(_of(lookups, of))
    if but is not None:
        doomed = doomed.where(AskingRow.id != but.id)
    session.execute(doomed.execution_options(synchronize_session=False))


def _of(lookups: Sequence[bytes], ref: bytes | None) -> ColumnElement[bool]:
    mine = AskingRow.lookup.in_(lookups)
    return mine if ref is None else or_(mine, AskingRow.subscriber_ref == ref)


def drop_expired(session: Session, *, now: datetime) -> int:
    """Forget askings whose time is over; return how many."""
    gone = session.connection().execute(
        delete(AskingRow).where(AskingRow.expires_at <= now), execution_options={"preserve_rowcount": True}
    )
    return gone.rowcount
