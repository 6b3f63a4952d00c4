"""What has been published, and how a page in one language reads it."""

from collections.abc import Iterable

from newsletter.digest import Commentary, Digest, Entry, Reading, in_order
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


def absent_from(publication: Publication, reading: Reading) -> tuple[tuple[Entry, ...], ...]:
    """Return what a reading leaves out, each commentary in every language of the publication that has a text of it."""
    found = (
        tuple(Entry(item, language, fallback=True) for language in written_in(publication, [item]))
        for item in reading.omitted
    )
    return tuple(entries for entries in found if entries)


def digest_of_week(session: Session, publication: Publication, week: Week) -> Digest:
    """Return a week as it stands in the archive (with what was corrected since it was sent)."""
    found = readable(publication, commentaries_of(session, week))
    return in_order(week, found, [section.code for section in publication.sections])


def readable(publication: Publication, commentaries: Iterable[Commentary]) -> list[Commentary]:
    """Return those that the publication has a language of; what is only in one it has dropped is shown nowhere."""
    return [commentary for commentary in commentaries if written_in(publication, [commentary])]


def published_digest(session: Session, publication: Publication, name: str) -> Digest | None:
    """Return the published week that `name` names (`2019-W41`), or None: no such week, or not published."""
    try:
        week = Week.parse(name)
    except NoSuchWeek:
        return None
    if week not in published_weeks(session, publication):
        return None
    return digest_of_week(session, publication, week)
