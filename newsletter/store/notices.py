"""Notices: what the operator must know.  Kept until seen, and mailed once."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.outcomes import State
from newsletter.store.base import Base, Id, Instant, one_of

REPEAT = timedelta(hours=24)
"""A trouble that lasts is told again after this long."""


class NoticeRow(Base):
    """A word to the operator.  `text` holds no address."""

    __tablename__ = "notices"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id"))
    week: Mapped[str | None] = mapped_column(String(8))
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    mail: Mapped[State] = mapped_column(one_of(State, "mail"))
    not_before: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)


def add_notice(
    session: Session,
    kind: str,
    *,
    now: datetime,
    text: str = "",
    week: str | None = None,
    digest_id: int | None = None,
    again: bool = False,
) -> bool:
    """Tell the operator; return whether it was news.

    What lasts is told of one week at most once in `REPEAT`; what happened (`again`) is told each time.
    """
    told = select(NoticeRow.id).where(
        NoticeRow.kind == kind, NoticeRow.week == week, NoticeRow.text == text, NoticeRow.at > now - REPEAT
    )
    if not again and session.scalar(told.limit(1)) is not None:
        return False
    session.add(
        NoticeRow(kind=kind, digest_id=digest_id, week=week, text=text, at=now, mail=State.QUEUED, not_before=now)
    )
    session.flush()
    return True


def newest_notice(session: Session) -> int:
    """Return the id of the newest notice; 0 if there is none."""
    return session.scalar(select(func.max(NoticeRow.id))) or 0


def unseen_notices(session: Session) -> list[NoticeRow]:
    """Return the notices nobody has said they have seen, oldest first."""
    return list(session.scalars(select(NoticeRow).where(NoticeRow.seen_at.is_(None)).order_by(NoticeRow.id)))


def see_notices(session: Session, *, now: datetime) -> None:
    """Note that the operator has seen them all."""
    session.execute(update(NoticeRow).where(NoticeRow.seen_at.is_(None)).values(seen_at=now))


def due_notices(session: Session, *, now: datetime, limit: int = 20) -> list[NoticeRow]:
    """Return notices whose mail is owed."""
    owed = NoticeRow.mail.in_([State.QUEUED, State.DEFERRED])
    return list(
        session.scalars(select(NoticeRow).where(owed, NoticeRow.not_before <= now).order_by(NoticeRow.id).limit(limit))
    )


def mark_notice(session: Session, id: int) -> bool:
    """Move a notice's mail to `sending`, unless somebody else has; what is cut off there is not sent again."""
    moved = session.execute(
        update(NoticeRow)
        .where(NoticeRow.id == id, NoticeRow.mail.in_([State.QUEUED, State.DEFERRED]))
        .values(mail=State.SENDING)
        .returning(NoticeRow.id)
    )
    return moved.first() is not None


def settle_notice(session: Session, id: int, state: State, *, not_before: datetime) -> None:
    """Write down what became of a notice's mail."""
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.id == id)
        .values(mail=state, not_before=not_before, attempts=NoticeRow.attempts + 1)
    )
