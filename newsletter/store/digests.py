"""Digests, one row a week: where a week stands on its way to the readers."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.digest import Digest
from newsletter.store.base import Base, Id, Instant, one_of
from newsletter.store.dialects import insert_or_ignore
from newsletter.weeks import Week


class DigestState(StrEnum):
    """Where a digest stands: who waits for what."""

    OPEN = "open"  # the week has a row, and nothing assembled yet
    ASSEMBLED = "assembled"  # content is there, may be assembled again; waits for approval or for its hour
    APPROVED = "approved"  # the operator has read it; waits for its hour
    SENDING = "sending"  # planned: content frozen, deliveries owed
    PAUSED = "paused"  # planned; no delivery is claimed until it is resumed
    SENT = "sent"  # planned; nothing is owed any more
    CANCELLED = "cancelled"  # planned; what was still owed is owed no more
    EXPIRED = "expired"  # too late for an automatic start; an operator may still send it
    EMPTY = "empty"  # its hour came and there was nothing to say; an operator may still send it


ONGOING = (DigestState.SENDING, DigestState.PAUSED, DigestState.SENT)
"""States of a planned digest that may still be owed to somebody more."""

PLANNED = (*ONGOING, DigestState.CANCELLED)
"""States in which the content is frozen."""


class DigestRow(Base):
    """One digest a week: two beats, a late beat or a clock going back meet at this row."""

    __tablename__ = "digests"

    id: Mapped[Id]
    week: Mapped[str] = mapped_column(String(8), unique=True)
    state: Mapped[DigestState] = mapped_column(one_of(DigestState, "state"))
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    planned_at: Mapped[datetime | None] = mapped_column(Instant)
    disbelieved: Mapped[bool | None]  # so many refused it that no mailbox is to blame; None: nobody has judged yet

    @property
    def is_planned(self) -> bool:
        """Whether the content is frozen."""
        return self.state in PLANNED


def digest_of(session: Session, week: Week) -> DigestRow | None:
    """Return the week's digest as it stands, or None."""
    return session.scalar(select(DigestRow).where(DigestRow.week == str(week)))


def lock_digest(session: Session, week: Week) -> DigestRow:
    """Return the week's digest, made if need be, locked until the transaction ends.

    Whoever comes second waits here and then sees what the first one did.
    """
    insert_or_ignore(session, DigestRow, [{"week": str(week), "state": DigestState.OPEN}], DigestRow.id)
    return session.scalars(
        select(DigestRow).where(DigestRow.week == str(week)).with_for_update().execution_options(populate_existing=True)
    ).one()


def digests_of(session: Session, weeks: Iterable[Week]) -> dict[Week, DigestState]:
    """Return the state of those of `weeks` that have a digest."""
    rows = session.execute(
        select(DigestRow.week, DigestRow.state).where(DigestRow.week.in_([str(week) for week in weeks]))
    )
    return {Week.parse(week): state for week, state in rows}


def weeks_in(session: Session, states: Collection[DigestState]) -> list[Week]:
    """Return the weeks whose digest is in one of these states, oldest first."""
    rows = session.scalars(select(DigestRow.week).where(DigestRow.state.in_(states)).order_by(DigestRow.week))
    return [Week.parse(week) for week in rows]


def planned_at(session: Session) -> dict[Week, datetime]:
    """Return when each week's digest was planned, without those cancelled since."""
    rows = session.execute(select(DigestRow.week, DigestRow.planned_at).where(DigestRow.state.in_(ONGOING)))
    return {Week.parse(week): instant for week, instant in rows if instant is not None}


def newest_planned(session: Session) -> DigestRow | None:
    """Return the digest of the last week that has been planned and not cancelled, locked, or None."""
    wanted = select(DigestRow).where(DigestRow.state.in_(ONGOING)).order_by(DigestRow.week.desc()).limit(1)
    return session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def newest_out(session: Session) -> DigestRow | None:
    """Return the same to be read only, not locked."""
    return session.scalar(
        select(DigestRow).where(DigestRow.state.in_(ONGOING)).order_by(DigestRow.week.desc()).limit(1)
    )


def digest_as_sent(session: Session, id: int) -> Digest | None:
    """Return a digest as it was frozen; None if it has not been planned, or was cancelled."""
    content = session.scalar(select(DigestRow.content).where(DigestRow.id == id, DigestRow.state.in_(ONGOING)))
    return None if content is None else Digest.from_json(content)


def planned_digests(session: Session, ids: Collection[int]) -> list[DigestRow]:
    """Return those of these digests that have been planned and not cancelled, locked, oldest first."""
    wanted = select(DigestRow).where(DigestRow.id.in_(ids), DigestRow.state.in_(ONGOING)).order_by(DigestRow.id)
    return list(session.scalars(wanted.with_for_update().execution_options(populate_existing=True)))


def sending_digests(session: Session) -> list[DigestRow]:
    """Return the digests that are being sent, locked."""
    wanted = select(DigestRow).where(DigestRow.state == DigestState.SENDING).order_by(DigestRow.id)
    return list(session.scalars(wanted.with_for_update(skip_locked=True)))


def unjudged_digests(session: Session) -> list[int]:
    """Return the digests that are sent and whose refusals nobody has drawn consequences from, oldest week first."""
    wanted = select(DigestRow.id).where(DigestRow.state == DigestState.SENT, DigestRow.disbelieved.is_(None))
    return list(session.scalars(wanted.order_by(DigestRow.week)))


def judged(session: Session, digest_id: int) -> None:
    """Note that consequences were drawn from a digest's refusals."""
    mine = update(DigestRow).where(DigestRow.id == digest_id, DigestRow.disbelieved.is_(None))
    session.execute(mine.values(disbelieved=False))
