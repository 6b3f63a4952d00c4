"""Suppressions: addresses that must not be written to again, known only by their keyed hash."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, LargeBinary, delete, func, select
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
    """One address that left; only a fresh opt-in or another word of its owner lifts it, an import never."""

    __tablename__ = "suppressions"

    id: Mapped[Id]
    lookup: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    reason: Mapped[SuppressionReason] = mapped_column(one_of(SuppressionReason, "reason"))
    day: Mapped[date] = mapped_column(Date)


def suppress(session: Session, lookup: bytes, reason: SuppressionReason, *, today: date) -> None:
    """Write an entry down, unless there is one; a complaint stands in the place of any other."""
    if reason is SuppressionReason.COMPLAINT:
        session.execute(delete(SuppressionRow).where(SuppressionRow.lookup == lookup))
    row = {"lookup": lookup, "reason": reason, "day": today}
    insert_or_ignore(session, SuppressionRow, [row], SuppressionRow.id)


def suppress_all(session: Session, lookups: Sequence[bytes], reason: SuppressionReason, *, today: date) -> int:
    """Write an entry down for each, unless there is one; return how many are new."""
    rows = [{"lookup": lookup, "reason": reason, "day": today} for lookup in lookups]
    return len(insert_or_ignore(session, SuppressionRow, rows, SuppressionRow.id))


def suppressed(session: Session, lookups: Sequence[bytes]) -> set[bytes]:
    """Return those of `lookups` that are suppressed."""
    return set(session.scalars(select(SuppressionRow.lookup).where(SuppressionRow.lookup.in_(lookups))))


def complained(session: Session, lookups: Sequence[bytes]) -> bool:
    """Say whether the owner of an address reported us as a nuisance: then nothing is sent there, asked or not."""
    entry = select(SuppressionRow.id).where(SuppressionRow.lookup.in_(lookups))
    return session.scalar(entry.where(SuppressionRow.reason == SuppressionReason.COMPLAINT).limit(1)) is not None


def lift(session: Session, lookups: Sequence[bytes]) -> bool:
    """Take an address off the list: its owner has said that letters are wanted again; False if it was not on it."""
    gone = delete(SuppressionRow).where(SuppressionRow.lookup.in_(lookups)).returning(SuppressionRow.id)
    return bool(session.scalars(gone).all())


def count_by_reason(session: Session) -> dict[SuppressionReason, int]:
    """Return how many addresses are suppressed for each reason."""
    found = session.execute(select(SuppressionRow.reason, func.count()).group_by(SuppressionRow.reason))
    return dict.fromkeys(SuppressionReason, 0) | {row[0]: row[1] for row in found}
