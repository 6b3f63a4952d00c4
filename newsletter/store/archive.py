"""The archive in outline: what each week holds, without the texts."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.digest import Outlook
from newsletter.store.commentaries import CommentaryRow, TranslationRow
from newsletter.weeks import Week


@dataclass(frozen=True, slots=True)
class Outline:
    """One commentary: what it says of its section, and in which languages."""

    outlook: Outlook
    languages: frozenset[str]


def outlines(session: Session, weeks: Collection[Week]) -> dict[Week, list[Outline]]:
    """Return the commentaries of `weeks` in outline; a list of twenty years of weeks reads no text."""
    rows = session.execute(
        select(CommentaryRow.id, CommentaryRow.week, CommentaryRow.outlook, TranslationRow.language)
        .join(TranslationRow, TranslationRow.commentary_id == CommentaryRow.id)
        .where(CommentaryRow.week.in_([str(week) for week in weeks]))
    )
    languages: dict[tuple[str, int, Outlook], set[str]] = {}
    for id, week, outlook, language in rows:
        languages.setdefault((week, id, outlook), set()).add(language)
    found: dict[Week, list[Outline]] = {}
    for (week, _, outlook), codes in languages.items():
        found.setdefault(Week.parse(week), []).append(Outline(outlook, frozenset(codes)))
    return found
