"""A week: everything the letter says."""

from collections.abc import Iterable

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from newsletter.digest import Digest
from newsletter.languages import Language
from newsletter.publishing import published_weeks
from newsletter.store import Session
from newsletter.store.archive import outlines
from newsletter.web.places import Place
from newsletter.web.reading.published import order_of, published_digest, shown_in, written_in
from newsletter.web.site import READ, OfSite, Site, Tongue
from newsletter.weeks import Week

router = APIRouter()


@router.api_route("/{code}/{week}", methods=READ)
def week(language: Tongue, week: str, site: OfSite) -> HTMLResponse:
    """Show a published week in full; one without a text for this language says where there is one."""
    order = order_of(site.publication, language)
    with site.runtime.database.reading() as session:
        digest = published_digest(session, site.publication, week)
        if digest is None or not digest.commentaries:
            raise HTTPException(404)
        weeks = published_weeks(session, site.publication)
        at = weeks.index(digest.week)
        codes = {item.code for item in order}
        newer = first_read_in(session, reversed(weeks[:at]), codes)
        older = first_read_in(session, weeks[at + 1 :], codes)
    place = place_of(site, digest)
    if language not in place.languages:
        return unread(site, language, digest)
    reading = digest.read_in(order)
    return site.page("week.html", language, place, reading=reading, newer=newer, older=older)


def place_of(site: Site, digest: Digest) -> Place:
    """Return the place of a week's page."""
    return Place(
        str(digest.week),
        shown_in(site.publication, digest.commentaries),
        above=site.anywhere("archive"),
    )


def unread(site: Site, language: Language, digest: Digest) -> HTMLResponse:
    """Say that a published week has no text for this language, and where there is one."""
    place, written = place_of(site, digest), written_in(site.publication, digest.commentaries)
    return site.page("elsewhere.html", language, place, status=404, week=digest.week, commentary=None, written=written)


def first_read_in(session: Session, weeks: Iterable[Week], codes: set[str]) -> Week | None:
    """Return the first of `weeks` that has a text in one of these languages."""
    for candidate in weeks:
        if any(not codes.isdisjoint(item.languages) for item in outlines(session, [candidate]).get(candidate, [])):
            return candidate
    return None
