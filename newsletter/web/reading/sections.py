"""A section through time: everything written in it, newest week first."""

import re
from itertools import groupby

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from newsletter.digest import Digest, Reading
from newsletter.publication import GENERAL
from newsletter.publishing import published_weeks
from newsletter.store.commentaries import section_through_time
from newsletter.web.reading.published import order_of, readable
from newsletter.web.site import READ, OfSite, Tongue

router = APIRouter()
SHAPE = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


@router.api_route("/{code}/sections/{name}", methods=READ)
def section(language: Tongue, name: str, site: OfSite) -> HTMLResponse:
    """Show a section of the publication, or one it has dropped and that the archive still holds."""
    if not SHAPE.fullmatch(name):
        raise HTTPException(404)
    wanted = None if name == GENERAL else name
    with site.runtime.database.reading() as session:
        published = set(published_weeks(session, site.publication))
        everything = section_through_time(session, wanted)
    found = [(week, item) for week, item in everything if week in published and readable(site.publication, [item])]
    if not found and wanted is not None and wanted not in {item.code for item in site.publication.sections}:
        raise HTTPException(404)
    order = order_of(site.publication, language)
    readings = [
        Digest(week, tuple(item for _, item in of_week)).read_in(order)
        for week, of_week in groupby(found, key=lambda pair: pair[0])
    ]
    years: list[tuple[int, list[Reading]]] = [
        (year, list(of_year)) for year, of_year in groupby(readings, key=lambda item: item.week.year)
    ]
    place = site.anywhere(f"sections/{name}")
    return site.page("section.html", language, place, section=wanted, years=years)
