"""Bounces: later bad news about a delivery.  Refusals in the SMTP dialogue stand in `deliveries` itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Date, ForeignKey, String, and_, case, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.badnews import BounceKind
from newsletter.outcomes import Reason, State
from newsletter.store.base import Base, BigId, Id
from newsletter.store.deliveries import DeliveryRow, PlanRow, of_digest
from newsletter.store.digests import DigestRow
from newsletter.store.domains import DomainRow
from newsletter.store.received import forget_received
from newsletter.store.subscribers import SubscriberRow

OF_REASON = {Reason.BAD_ADDRESS: BounceKind.BAD_ADDRESS, Reason.MAILBOX_FULL: BounceKind.MAILBOX_FULL}
"""What a refusal in the SMTP dialogue says, where it is about the mailbox."""


class BounceRow(Base):
    """One report about one delivery; forgotten with its reader.  `text` is scrubbed."""

    __tablename__ = "bounces"

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    digest_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    kind: Mapped[BounceKind] = mapped_column(String(12))
    enhanced: Mapped[str | None] = mapped_column(String(12))
    text: Mapped[str | None] = mapped_column(String(300))
    source: Mapped[str] = mapped_column(String(12))
    proven: Mapped[bool]  # it holds something of ours, or a provider signed it: not just anybody could have written it
    received_id: Mapped[int | None] = mapped_column(BigId)
    day: Mapped[date] = mapped_column(Date)


@dataclass(frozen=True, slots=True)
class Past:
    """One digest that went to a reader: what was said of it, at once or later.

    `arrived`: a server took it.  What is `disbelieved` is neither good news nor bad.  `claimed` is what is said in
    reports that anybody could have written.
    """

    week: str
    arrived: bool
    kinds: frozenset[BounceKind]
    disbelieved: bool = False
    claimed: frozenset[BounceKind] = frozenset()


def histories(session: Session, subscriber_ids: Collection[int], *, most: int) -> Mapping[int, Sequence[Past]]:
    """Return what became of the digests that went to these readers, the newest `most`, newest first.

    Nothing from before an operator, or the reader's own word, let bygones be bygones.
    """
    later: dict[tuple[int, int | None, bool], set[BounceKind]] = {}
    mine = select(BounceRow.subscriber_id, BounceRow.digest_id, BounceRow.proven, BounceRow.kind)
    for who, about, proven, kind in session.execute(mine.where(BounceRow.subscriber_id.in_(subscriber_ids))):
        later.setdefault((who, about, proven), set()).add(BounceKind(kind))
    rows = session.execute(
        select(
            DeliveryRow.subscriber_id,
            DigestRow.id,
            DigestRow.week,
            DeliveryRow.state,
            DeliveryRow.reason,
            DigestRow.disbelieved,
        )
        .join(DigestRow, DigestRow.id == DeliveryRow.digest_id)
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(DeliveryRow.subscriber_id.in_(subscriber_ids), DeliveryRow.state.in_((State.SENT, State.REFUSED)))
        .where(DigestRow.week > func.coalesce(SubscriberRow.forgiven_week, ""))
        .order_by(DigestRow.week.desc())
    )
    found: dict[int, list[Past]] = {}
    for reader, digest, week, state, reason, disbelieved in rows:
        if reader is None:
            continue
        past = found.setdefault(reader, [])
        if len(past) < most:
            at_once = {OF_REASON[reason]} if state is State.REFUSED and reason in OF_REASON else set()
            kinds = frozenset(at_once | later.get((reader, digest, True), set()))
            claimed = frozenset(later.get((reader, digest, False), set()))
            past.append(Past(week, state is State.SENT, kinds, bool(disbelieved), claimed))
    return found


def refused_in(session: Session, digest_id: int) -> list[int]:
    """Return the readers who were refused a digest in the dialogue because of their mailbox."""
    about = (DeliveryRow.state == State.REFUSED, DeliveryRow.reason.in_(OF_REASON))
    mine = select(DeliveryRow.subscriber_id).where(*of_digest(digest_id), *about)
    return [id for id in session.scalars(mine) if id is not None]


def count_bad_addresses(session: Session, digest_id: int) -> int:
    """Return how many readers' addresses are bad, by what was said of a digest at once or later."""
    at_once = (DeliveryRow.state == State.REFUSED, DeliveryRow.reason == Reason.BAD_ADDRESS)
    refused = select(func.count()).select_from(DeliveryRow).join(PlanRow, PlanRow.id == DeliveryRow.plan_id)
    later = select(func.count(BounceRow.subscriber_id.distinct())).where(
        BounceRow.digest_id == digest_id, BounceRow.kind == BounceKind.BAD_ADDRESS, BounceRow.proven
    )
    return (session.scalar(refused.where(*of_digest(digest_id), *at_once)) or 0) + (session.scalar(later) or 0)


def count_asked(session: Session, digest_id: int) -> int:
    """Return how many readers a digest was planned for."""
    return session.scalar(select(func.sum(PlanRow.planned)).where(PlanRow.digest_id == digest_id)) or 0


class DomainShare(NamedTuple):
    """Of a digest's readers at one domain: how many it was refused to as spam or by a rule, and how many there are."""

    lookup: bytes
    sealed_name: bytes
    refused: int
    readers: int


def policy_by_domain(session: Session, digest_id: int, *, least: int) -> list[DomainShare]:
    """Return the domains where a digest was refused by policy to at least so many."""
    later = select(BounceRow.subscriber_id).where(BounceRow.digest_id == digest_id, BounceRow.kind == BounceKind.POLICY)
    at_once = and_(DeliveryRow.state == State.REFUSED, DeliveryRow.reason == Reason.POLICY)
    refused = func.sum(case((or_(at_once, DeliveryRow.subscriber_id.in_(later)), 1), else_=0))
    rows = session.execute(
        select(DomainRow.lookup, DomainRow.sealed_name, refused, func.count())
        .select_from(DeliveryRow)
        .join(PlanRow, PlanRow.id == DeliveryRow.plan_id)
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .join(DomainRow, DomainRow.id == SubscriberRow.domain_id)
        .where(*of_digest(digest_id))
        .group_by(DomainRow.lookup, DomainRow.sealed_name)
        .having(refused >= least)
    )
    return [DomainShare(*row) for row in rows]


def newest_taken(session: Session, subscriber_id: int) -> int | None:
    """Return the newest digest that a reader's server took: a report that does not say which means that one."""
    mine = (DeliveryRow.subscriber_id == subscriber_id, DeliveryRow.state == State.SENT)
    newest = select(DigestRow.id).join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id).where(*mine)
    return session.scalar(newest.order_by(DigestRow.week.desc()).limit(1))


def got_mail_since(session: Session, subscriber_id: int, since: datetime) -> bool:
    """Say whether a reader's server took a digest since then."""
    mine = (DeliveryRow.subscriber_id == subscriber_id, DeliveryRow.state == State.SENT, DeliveryRow.at >= since)
    return session.scalar(select(DeliveryRow.id).where(*mine).limit(1)) is not None


def newest_week(session: Session, subscriber_id: int) -> str | None:
    """Return the newest week whose digest a reader was owed."""
    mine = select(func.max(DigestRow.week)).join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id)
    return session.scalar(mine.where(DeliveryRow.subscriber_id == subscriber_id))


def bounces_of(session: Session, subscriber_id: int) -> Sequence[tuple[BounceRow, str | None]]:
    """Return all reports about a reader, newest first, each with the week it is about."""
    mine = select(BounceRow, DigestRow.week).outerjoin(DigestRow, DigestRow.id == BounceRow.digest_id)
    rows = session.execute(mine.where(BounceRow.subscriber_id == subscriber_id).order_by(BounceRow.id.desc()))
    return [(row, week) for row, week in rows]


def forget_reports(session: Session, subscriber_id: int) -> None:
    """Forget the mails in which reports about a reader came; what they said goes with the subscriber's row."""
    mine = BounceRow.subscriber_id == subscriber_id
    held = session.scalars(select(BounceRow.received_id).where(mine, BounceRow.received_id.is_not(None))).all()
    if held:
        forget_received(session, [id for id in held if id is not None])
