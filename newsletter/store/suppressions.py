"""Suppressions: addresses that must not be written to again, known only by their keyed hash."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, Id, one_of
from newsletter.store.dialects import insert_or_ignore


class SuppressionReason(StrEnum):
    """Why an address is not written to."""

    LEFT = "left"
    ERASED = "erased"
    COMPLAINT = "complaint"
    OPERATOR = "operator"
    IMPORTED = "imported"


class SuppressionRow(Base):
    """One address that left; only a fresh opt-in by its owner lifts it, an import never does."""

    __tablename__ = "suppressions"

    id: Mapped[Id]
    lookup: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    reason: Mapped[SuppressionReason] = mapped_column(one_of(SuppressionReason, "reason"))
    day: Mapped[date] = mapped_column(Date)


def suppress(session: Session, lookup: bytes, reason: SuppressionReason, *, today: date) -> None:
    """Write an entry down, unless there is one."""
    row = {"lookup": lookup, "reason": reason, "day": today}
    insert_or_ignore(session, SuppressionRow, [row], SuppressionRow.id)


def suppressed(session: Session, lookups: Sequence[bytes]) -> set[bytes]:
    """Return those of `lookups` that are suppressed."""
    return set(session.scalars(select(SuppressionRow.lookup).where(SuppressionRow.lookup.in_(lookups))))
