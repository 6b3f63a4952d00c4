"""Notices: what the operator must know.  Kept until seen, and mailed once, as a note."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, Id, Instant
from newsletter.store.notes import owe_operator

NOTE = "notice"
"""The kind of the notes by which notices are mailed."""

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
    session.add(NoticeRow(kind=kind, digest_id=digest_id, week=week, text=text, at=now))
    owe_operator(session, NOTE, facts={"notice": kind, "week": week or "", "text": text}, now=now)
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
