"""What has been published, and how a page in one language reads it."""

from collections.abc import Iterable

from newsletter.digest import Commentary, Digest, in_order
from newsletter.languages import Language
from newsletter.publication import Publication
from newsletter.publishing import published_weeks
from newsletter.store import Session
from newsletter.store.commentaries import commentaries_of
from newsletter.weeks import NoSuchWeek, Week


def order_of(publication: Publication, language: Language) -> tuple[Language, ...]:
    """Return the languages a page in `language` shows texts in: an edition's order that begins with it, else itself."""
    for edition in publication.editions:
        for order in edition.orders:
            if order[0] == language:
                return order
    return (language,)


def written_in(publication: Publication, commentaries: Iterable[Commentary]) -> tuple[Language, ...]:
    """Return the publication's languages that any of these commentaries has a text in."""
    codes = {code for commentary in commentaries for code in commentary.translations}
    return tuple(language for language in publication.languages if language.code in codes)


def shown_in(publication: Publication, commentaries: Iterable[Commentary]) -> tuple[Language, ...]:
    """Return the languages whose pages have something to show of these commentaries, be it a fallback."""
    written = set(written_in(publication, commentaries))
    return tuple(
        language for language in publication.languages if not written.isdisjoint(order_of(publication, language))
    )


def digest_of_week(session: Session, publication: Publication, week: Week) -> Digest:
    """Return a week as it stands in the archive (with what was corrected since it was sent)."""
    return in_order(week, commentaries_of(session, week), [section.code for section in publication.sections])


def published_digest(session: Session, publication: Publication, name: str) -> Digest | None:
    """Return the published week that `name` names (`2019-W41`), or None: no such week, or not published."""
    try:
        week = Week.parse(name)
    except NoSuchWeek:
        return None
    if week not in published_weeks(session, publication):
        return None
    return digest_of_week(session, publication, week)
