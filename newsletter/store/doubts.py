"""Deliveries in doubt: cut off after the message was written, before its answer.  They may have arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from newsletter.digest import Variant
from newsletter.outcomes import Reason, State
from newsletter.store.deliveries import DeliveryRow, of_digest
from newsletter.store.letters import LetterRow
from newsletter.store.subscribers import SubscriberRow, SubscriberState


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery in doubt: which letter, at which server ("" if its worker died before it could say), since when."""

    id: int
    edition: str
    languages: str
    variant: Variant
    server: str
    crashes: int
    at: datetime | None
    text: str


def _doubtful(digest_id: int) -> tuple[ColumnElement[bool], ...]:
    """Name what the operator has not left at that."""
    return (*of_digest(digest_id), DeliveryRow.state == State.DOUBTFUL, DeliveryRow.reason.is_(None))


def doubts(session: Session, digest_id: int) -> list[Doubt]:
    """Return a digest's deliveries in doubt that nobody has settled, in the order of their ids."""
    letter = (LetterRow.edition, LetterRow.languages, LetterRow.variant)
    rows = session.execute(
        select(DeliveryRow.id, *letter, DeliveryRow.server, DeliveryRow.crashes, DeliveryRow.at, DeliveryRow.text)
        .join(LetterRow, LetterRow.id == DeliveryRow.letter_id)
        .where(*_doubtful(digest_id))
        .order_by(DeliveryRow.id)
    )
    return [
        Doubt(id, edition, languages, variant, server or "", crashes, at, text or "")
        for id, edition, languages, variant, server, crashes, at, text in rows
    ]


def doubts_to_active(session: Session, digest_id: int) -> Sequence[int]:
    """Return those of them, locked, whose reader would still be written to."""
    return session.scalars(
        select(DeliveryRow.id)
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(*_doubtful(digest_id), SubscriberRow.state == SubscriberState.ACTIVE)
        .with_for_update(of=DeliveryRow)
    ).all()


def acknowledge(session: Session, digest_id: int) -> int:
    """Leave all of them at that: they stay doubtful, and are listed no more; return how many."""
    left = update(DeliveryRow).where(*_doubtful(digest_id)).values(reason=Reason.ACKNOWLEDGED)
    return session.connection().execute(left, execution_options={"preserve_rowcount": True}).rowcount
