"""Commentaries and their translations: what editors loaded; the archive reads from here."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from newsletter.digest import Commentary, Outlook, Translation
from newsletter.store.base import Base, Id, one_of
from newsletter.weeks import Week


class CommentaryRow(Base):
    """One commentary of a week; its texts stand in `translations`."""

    __tablename__ = "commentaries"
    __table_args__ = (UniqueConstraint("week", "slug"),)

    id: Mapped[Id]
    week: Mapped[str] = mapped_column(String(8))
    section: Mapped[str | None] = mapped_column(String(40), index=True)
    slug: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    outlook: Mapped[Outlook] = mapped_column(one_of(Outlook, "outlook"))
    translations: Mapped[list["TranslationRow"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class TranslationRow(Base):
    """A commentary in one language."""

    __tablename__ = "translations"

    commentary_id: Mapped[int] = mapped_column(ForeignKey("commentaries.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    headline: Mapped[str]
    standfirst: Mapped[str]
    body: Mapped[str]
    author: Mapped[str | None]


_WITH_TEXTS = select(CommentaryRow).options(selectinload(CommentaryRow.translations))


def _plain(row: CommentaryRow) -> Commentary:
    return Commentary(
        slug=row.slug,
        section=row.section,
        position=row.position,
        outlook=row.outlook,
        translations={
            text.language: Translation(text.headline, text.standfirst, text.body, text.author)
            for text in row.translations
        },
    )


def commentaries_of(session: Session, week: Week) -> list[Commentary]:
    """Return the commentaries of a week, in no particular order."""
    return [_plain(row) for row in session.scalars(_WITH_TEXTS.where(CommentaryRow.week == str(week)))]


def commentary(session: Session, week: Week, slug: str) -> Commentary | None:
    """Return one commentary, or None."""
    row = session.scalar(_WITH_TEXTS.where(CommentaryRow.week == str(week), CommentaryRow.slug == slug))
    return None if row is None else _plain(row)


def section_through_time(session: Session, section: str | None) -> list[tuple[Week, Commentary]]:
    """Return all commentaries of a section (None: the general ones), newest week first."""
    rows = session.scalars(
        _WITH_TEXTS.where(CommentaryRow.section.is_not_distinct_from(section)).order_by(
            CommentaryRow.week.desc(), CommentaryRow.position, CommentaryRow.slug
        )
    )
    return [(Week.parse(row.week), _plain(row)) for row in rows]


def weeks_with_commentaries(session: Session) -> list[Week]:
    """Return every week that has a commentary, newest first."""
    return [
        Week.parse(week)
        for week in session.scalars(select(CommentaryRow.week).distinct().order_by(CommentaryRow.week.desc()))
    ]


def replace_commentaries(session: Session, week: Week, wanted: Sequence[Commentary], changed: Iterable[str]) -> None:
    """Make the commentaries of `week` exactly `wanted`; only those whose slug is in `changed` are written anew."""
    names = set(changed)
    session.execute(delete(CommentaryRow).where(CommentaryRow.week == str(week), CommentaryRow.slug.in_(names)))
    session.add_all(
        CommentaryRow(
            week=str(week),
            section=item.section,
            slug=item.slug,
            position=item.position,
            outlook=item.outlook,
            translations=[
                TranslationRow(
                    language=code,
                    headline=text.headline,
                    standfirst=text.standfirst,
                    body=text.body,
                    author=text.author,
                )
                for code, text in item.translations.items()
            ],
        )
        for item in wanted
        if item.slug in names
    )
    session.flush()
