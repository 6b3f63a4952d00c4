"""The archive: all published weeks, newest first."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.digest import Outlook
from newsletter.languages import Language
from newsletter.publication import Publication
from newsletter.publishing import published_weeks
from newsletter.store.archive import Outline, outlines
from newsletter.web.reading.published import order_of
from newsletter.web.site import READ, OfSite, Tongue
from newsletter.weeks import Week

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Line:
    """A week in the archive: how many commentaries this language reads, and what they say.

    With none of them, `elsewhere` names the languages that have some.
    """

    week: Week
    commentaries: int
    outlooks: tuple[tuple[Outlook, int], ...]
    elsewhere: tuple[Language, ...]


@router.api_route("/{code}/archive", methods=READ)
def archive(language: Tongue, site: OfSite) -> HTMLResponse:
    """Show every published week, by year."""
    with site.runtime.database.reading() as session:
        weeks = published_weeks(session, site.publication)
        found = outlines(session, weeks)
    every = (line(week, found.get(week, []), site.publication, language) for week in weeks)
    lines = [item for item in every if item.commentaries or item.elsewhere]
    years = [(year, list(of_year)) for year, of_year in groupby(lines, key=lambda item: item.week.year)]
    return site.page("archive.html", language, site.anywhere("archive"), years=years)


def line(week: Week, found: list[Outline], publication: Publication, language: Language) -> Line:
    """Return the week's line as `language` reads it."""
    codes = {item.code for item in order_of(publication, language)}
    mine = [item.outlook for item in found if not codes.isdisjoint(item.languages)]
    tally = Counter(mine)
    written = () if mine else {code for item in found for code in item.languages}
    return Line(
        week=week,
        commentaries=len(mine),
        outlooks=tuple((outlook, tally[outlook]) for outlook in Outlook if tally[outlook]),
        elsewhere=tuple(other for other in publication.languages if other.code in written),
    )
