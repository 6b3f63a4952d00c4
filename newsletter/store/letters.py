"""Letters as they are kept: a digest written for one edition, order and variant."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.digest import Variant
from newsletter.store.base import Base, Id, one_of
from newsletter.store.digests import DigestRow, DigestState


class LetterRow(Base):
    """What readers of one edition, order and variant have in common; frozen with the digest."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("digest_id", "edition", "languages", "variant"),)

    id: Mapped[Id]
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id"))
    edition: Mapped[str] = mapped_column(String(40))
    languages: Mapped[str] = mapped_column(String(80))  # codes in order, a space between
    variant: Mapped[Variant] = mapped_column(one_of(Variant, "variant"))
    subject: Mapped[str]
    sender: Mapped[str] = mapped_column(String(254))
    headers: Mapped[str]
    leave_url: Mapped[str | None]
    text: Mapped[str]
    html: Mapped[str | None]


def letter_of(session: Session, digest_id: int, edition: str, languages: str, variant: Variant) -> LetterRow | None:
    """Return the letter of a digest for one kind of reader, or None if it was not written."""
    return session.scalar(
        select(LetterRow).where(
            LetterRow.digest_id == digest_id,
            LetterRow.edition == edition,
            LetterRow.languages == languages,
            LetterRow.variant == variant,
        )
    )


def state_of_digest(session: Session, letter_id: int) -> DigestState:
    """Return the state of a letter's digest."""
    state = select(DigestRow.state).join(LetterRow, LetterRow.digest_id == DigestRow.id)
    return session.scalars(state.where(LetterRow.id == letter_id)).one()


def letters_of(session: Session, digest_id: int) -> Sequence[LetterRow]:
    """Return a digest's letters in the order they were written."""
    return session.scalars(select(LetterRow).where(LetterRow.digest_id == digest_id).order_by(LetterRow.id)).all()
