"""Domains of readers' mailboxes, for faults that hit a whole provider; sealed, and gone with their last reader."""

from collections.abc import Mapping

from sqlalchemy import LargeBinary, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, Id
from newsletter.store.dialects import insert_or_ignore


class DomainRow(Base):
    """The domain of some subscribers' mailboxes, sealed (bound to its own look-up value)."""

    __tablename__ = "domains"

    id: Mapped[Id]
    lookup: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    sealed_name: Mapped[bytes]


def domain_ids(session: Session, wanted: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Return the ids of domains by look-up value, written down (sealed, as given) where they are new."""
    rows = [{"lookup": lookup, "sealed_name": sealed} for lookup, sealed in wanted.items()]
    insert_or_ignore(session, DomainRow, rows, DomainRow.id)
    wanted_rows = select(DomainRow.lookup, DomainRow.id).where(DomainRow.lookup.in_(wanted))
    # Held until the readers stand there: the last one of a domain may be leaving at this moment, and take it along.
    held = wanted_rows.order_by(DomainRow.id).with_for_update(read=True, key_share=True)
    found = {row[0]: row[1] for row in session.execute(held)}
    return found if len(found) == len(wanted) else domain_ids(session, wanted)


def lock_domains(session: Session, id: int, lookup: bytes) -> None:
    """Lock the domain that a reader moves from and the one they move to, in one order: others may move back."""
    both = or_(DomainRow.id == id, DomainRow.lookup == lookup)
    session.execute(select(DomainRow.id).where(both).order_by(DomainRow.id).with_for_update())
