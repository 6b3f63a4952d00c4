"""A commentary under its own address: where "read more" leads."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from newsletter.web.places import Place
from newsletter.web.reading.published import order_of, published_digest, shown_in, written_in
from newsletter.web.site import READ, OfSite, Tongue

router = APIRouter()


@router.api_route("/{code}/{week}/{slug}", methods=READ)
def commentary(language: Tongue, week: str, slug: str, site: OfSite) -> HTMLResponse:
    """Show one commentary, and what else its week holds; one without a text for this language says where it has one."""
    with site.runtime.database.reading() as session:
        digest = published_digest(session, site.publication, week)
    # The slug is looked for among the week's own, never asked of the database: whatever was typed is only compared.
    found = next((item for item in digest.commentaries if item.slug == slug), None) if digest else None
    if digest is None or found is None:
        raise HTTPException(404)
    place = Place(
        f"{digest.week}/{found.slug}",
        shown_in(site.publication, [found]),
        above=Place(
            str(digest.week),
            shown_in(site.publication, digest.commentaries),
            above=site.anywhere("archive"),
        ),
    )
    if language not in place.languages:
        written = written_in(site.publication, [found])
        return site.page(
            "elsewhere.html", language, place, status=404, week=digest.week, commentary=found, written=written
        )
    reading = digest.read_in(order_of(site.publication, language))
    entry = next(item for item in reading.entries if item.commentary.slug == slug)
    return site.page("commentary.html", language, place, reading=reading, entry=entry)
