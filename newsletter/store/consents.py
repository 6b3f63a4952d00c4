"""Consents: a subscriber agreed, to which words, through which door, on which day.  No hour, no IP, no user agent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, ForeignKey, String, insert, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base, BigId, Id
from newsletter.store.subscribers import SubscriberRow


class ConsentRow(Base):
    """One consent, kept as long as its subscriber is."""

    __tablename__ = "consents"

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    text_version: Mapped[str] = mapped_column(String(20))
    tongue: Mapped[str] = mapped_column(String(8))
    door: Mapped[str] = mapped_column(String(20))
    day: Mapped[date] = mapped_column(Date)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a consent says: the version of the words, the language they were read in, the door."""

    text_version: str
    tongue: str
    door: str


def add_consent(session: Session, subscriber_id: int, consent: Consent, *, today: date) -> None:
    """Write down that a subscriber agreed."""
    said = {"text_version": consent.text_version, "tongue": consent.tongue, "door": consent.door}
    session.add(ConsentRow(subscriber_id=subscriber_id, day=today, **said))


def add_vouched(session: Session, lookups: Collection[bytes], *, text_version: str, door: str, today: date) -> None:
    """Write down for subscribers, by their look-up values, that somebody else vouches for their consent."""
    said = select(SubscriberRow.id, literal(text_version), SubscriberRow.tongue, literal(door), literal(today, Date()))
    columns = ["subscriber_id", "text_version", "tongue", "door", "day"]
    session.execute(insert(ConsentRow).from_select(columns, said.where(SubscriberRow.lookup.in_(lookups))))


def consents_of(session: Session, subscriber_id: int) -> list[ConsentRow]:
    """Return a subscriber's consents, oldest first."""
    return list(
        session.scalars(select(ConsentRow).where(ConsentRow.subscriber_id == subscriber_id).order_by(ConsentRow.id))
    )
