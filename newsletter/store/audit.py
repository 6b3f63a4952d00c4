"""The audit: who did what, when.  Its first line says when the service was set up."""

from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, Id, Instant

CORRECTED = "archive corrected"
"""A week that is out was mended in the archive."""


class AuditRow(Base):
    """One deed.  `ref` names what it was done to (a week, a token's ref), never an address."""

    __tablename__ = "audit"

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str | None] = mapped_column(String(80), index=True)


def add_audit(session: Session, *, now: datetime, who: str, what: str, ref: str | None = None) -> None:
    """Write a line."""
    session.add(AuditRow(at=now, who=who, what=what, ref=ref))
    session.flush()


def forget_ref(session: Session, ref: str) -> None:
    """Leave the lines about a reader, and take out whom they were about."""
    about = update(AuditRow).where(AuditRow.ref == ref).values(ref=None)
    session.execute(about.execution_options(synchronize_session=False))


def set_up_at(session: Session) -> datetime | None:
    """Return when the service was set up: weeks that were due before are history, not work left undone."""
    return session.scalar(select(func.min(AuditRow.at)))


def last_done(session: Session, what: str) -> dict[str, datetime]:
    """Return when that was done last to each thing it was done to, by its ref."""
    last = select(AuditRow.ref, func.max(AuditRow.at)).where(AuditRow.what == what).group_by(AuditRow.ref)
    return {ref: at for ref, at in session.execute(last) if ref is not None}
