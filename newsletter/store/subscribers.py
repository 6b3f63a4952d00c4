"""Subscribers: who reads, sealed."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, LargeBinary, String, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.digest import Variant
from newsletter.outcomes import OPEN, Reason, State
from newsletter.store.base import Base, BigId, Id, one_of
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.dialects import insert_or_ignore, is_sqlite
from newsletter.store.domains import DomainRow, domain_ids
from newsletter.store.suppressions import suppressed


class SubscriberState(StrEnum):
    """Whether a subscriber is written to."""

    ACTIVE = "active"  # gets the digest
    PAUSED = "paused"  # asked for silence until `paused_until`
    STOPPED = "stopped"  # not written to any more; `stop_reason` says why


class SubscriberRow(Base):
    """A subscriber.  The address is sealed (bound to `ref`), and found only by its keyed hash.

    Tokens name `ref`, never `id`: SQLite uses an id again after a delete.
    """

    __tablename__ = "subscribers"

    id: Mapped[Id]
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    sealed: Mapped[bytes]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domains.id"), index=True)
    edition: Mapped[str] = mapped_column(String(40))
    languages: Mapped[str] = mapped_column(String(80))  # codes in order, a space between
    variant: Mapped[Variant] = mapped_column(one_of(Variant, "variant"))
    tongue: Mapped[str] = mapped_column(String(8))  # the language we speak to this reader
    state: Mapped[SubscriberState] = mapped_column(one_of(SubscriberState, "state"))
    paused_until: Mapped[date | None] = mapped_column(Date)
    stop_reason: Mapped[str | None] = mapped_column(String(40))
    since_day: Mapped[date] = mapped_column(Date)
    forgiven_week: Mapped[str | None] = mapped_column(String(8))  # what came back up to this week counts no more


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """A subscriber to be written down, sealed already."""

    ref: bytes
    lookup: bytes
    lookups: Sequence[bytes]
    sealed: bytes
    domain_lookup: bytes
    domain_sealed: bytes
    edition: str
    languages: str
    variant: Variant
    tongue: str


@dataclass(frozen=True, slots=True)
class Readership:
    """How many active subscribers want one edition, order and variant."""

    edition: str
    languages: str
    variant: Variant
    readers: int


def new_ref() -> bytes:
    """Return a random name for a subscriber: 64 bits that say nothing."""
    return secrets.token_bytes(8)


def add_subscribers(session: Session, new: Sequence[NewSubscriber], *, today: date) -> set[bytes]:
    """Write down those of `new` that are not there yet, active; return the look-up values that were added.

    Who left (or is suppressed for another reason) is not added: only a fresh opt-in by the owner lifts that.
    Two doors may try the same address at once: the unique look-up value decides.
    """
    known = set(
        session.scalars(
            select(SubscriberRow.lookup).where(SubscriberRow.lookup.in_([one for item in new for one in item.lookups]))
        )
    )
    fresh = [item for item in new if known.isdisjoint(item.lookups)]
    domains = domain_ids(session, {item.domain_lookup: item.domain_sealed for item in fresh})
    gone = suppressed(session, [one for item in fresh for one in item.lookups])
    rows = [
        {
            "ref": item.ref,
            "lookup": item.lookup,
            "sealed": item.sealed,
            "domain_id": domains[item.domain_lookup],
            "edition": item.edition,
            "languages": item.languages,
            "variant": item.variant,
            "tongue": item.tongue,
            "state": SubscriberState.ACTIVE,
            "since_day": today,
        }
        for item in fresh
        if gone.isdisjoint(item.lookups)
    ]
    return insert_or_ignore(session, SubscriberRow, rows, SubscriberRow.lookup)


def anybody_reads(session: Session) -> bool:
    """Say whether there is an active subscriber."""
    return (
        session.scalar(select(SubscriberRow.id).where(SubscriberRow.state == SubscriberState.ACTIVE).limit(1))
        is not None
    )


def readerships(session: Session) -> list[Readership]:
    """Return what active subscribers want, each edition, order and variant that somebody reads."""
    rows = session.execute(
        select(SubscriberRow.edition, SubscriberRow.languages, SubscriberRow.variant, func.count())
        .where(SubscriberRow.state == SubscriberState.ACTIVE)
        .group_by(SubscriberRow.edition, SubscriberRow.languages, SubscriberRow.variant)
        .order_by(SubscriberRow.edition, SubscriberRow.languages, SubscriberRow.variant)
    )
    return [Readership(*row) for row in rows]


def count_by_state(session: Session) -> dict[SubscriberState, int]:
    """Return how many subscribers there are in each state."""
    found = session.execute(select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state))
    return dict.fromkeys(SubscriberState, 0) | {row[0]: row[1] for row in found}


def subscriber_by_ref(session: Session, ref: bytes) -> SubscriberRow | None:
    """Return the subscriber a token names, or None if there is none any more."""
    return session.scalar(select(SubscriberRow).where(SubscriberRow.ref == ref))


def subscriber_by_lookups(session: Session, lookups: Sequence[bytes]) -> SubscriberRow | None:
    """Return the subscriber at the address that has these look-up values (one a key), or None if there is none."""
    return session.scalar(select(SubscriberRow).where(SubscriberRow.lookup.in_(lookups)))


def subscribers_by_lookup(session: Session, lookups: Sequence[bytes]) -> Sequence[SubscriberRow]:
    """Return the subscribers with one of these look-up values."""
    return session.scalars(select(SubscriberRow).where(SubscriberRow.lookup.in_(lookups))).all()


def refs_of_ids(session: Session, ids: Collection[int]) -> list[tuple[int, bytes]]:
    """Return id and `ref` of each of these subscribers who is still there, in the order of the refs."""
    rows = select(SubscriberRow.id, SubscriberRow.ref).where(SubscriberRow.id.in_(ids))
    return [(id, ref) for id, ref in session.execute(rows.order_by(SubscriberRow.ref))]


# Built once: that takes longer than to execute them, and a mail provider may press a thousand leave links in a minute.
ID = bindparam("one", type_=BigId)
STILL_OWED = DeliveryRow.state.in_(OPEN)
NOBODYS_DELIVERIES = (
    update(DeliveryRow)
    .where(DeliveryRow.subscriber_id == ID)
    .values(
        subscriber_id=None,
        state=case((STILL_OWED, State.SKIPPED.value), else_=DeliveryRow.state),
        reason=case((STILL_OWED, Reason.LEFT.value), else_=DeliveryRow.reason),
    )
    .execution_options(synchronize_session=False)
)
NO_SUBSCRIBER = delete(SubscriberRow).where(SubscriberRow.id == ID).execution_options(synchronize_session=False)
NO_DOMAIN = (
    delete(DomainRow)
    .where(DomainRow.id == ID, ~select(SubscriberRow.id).where(SubscriberRow.domain_id == ID).exists())
    .execution_options(synchronize_session=False)
)


def delete_subscriber(session: Session, subscriber: SubscriberRow) -> None:
    """Forget a subscriber: what is still owed is skipped, and no delivery says any more who it was for."""
    session.execute(NOBODYS_DELIVERIES, {"one": subscriber.id})
    session.execute(NO_SUBSCRIBER, {"one": subscriber.id})
    forget_domain(session, subscriber.domain_id)


def forget_domain(session: Session, id: int) -> None:
    """Forget the domain of a mailbox unless somebody else has one there: it would name its owner after all."""
    # Locked first: who is just adding a reader there holds it, and of two who leave the second must see the first gone.
    if not is_sqlite(session):
        session.execute(select(DomainRow.id).where(DomainRow.id == id).with_for_update())
    session.execute(NO_DOMAIN, {"one": id})
