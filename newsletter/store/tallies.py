"""Tallies: how often something happened in a month, and never to whom."""

from datetime import date

from sqlalchemy import Date, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, Id
from newsletter.store.dialects import insert_or_ignore


class TallyRow(Base):
    """A number for a month.  A month, not a day: on a small list, a day would name the one who left on it."""

    __tablename__ = "tallies"
    __table_args__ = (UniqueConstraint("month", "what"),)

    id: Mapped[Id]
    month: Mapped[date] = mapped_column(Date)  # its first day
    what: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]


def count_one(session: Session, what: str, *, today: date) -> None:
    """Add one to a month's number."""
    month = today.replace(day=1)
    insert_or_ignore(session, TallyRow, [{"month": month, "what": what, "number": 0}], TallyRow.id)
    mine = (TallyRow.month == month, TallyRow.what == what)
    session.execute(update(TallyRow).where(*mine).values(number=TallyRow.number + 1))


def tallies(session: Session) -> list[TallyRow]:
    """Return all numbers, newest month first."""
    return list(session.scalars(select(TallyRow).order_by(TallyRow.month.desc(), TallyRow.what)))
