"""A week as plain text: what the text part of its letter says, for whoever leaves no address."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse, Response

from newsletter.letters.environment import environment
from newsletter.letters.links import Links
from newsletter.web.reading.published import absent_from, order_of, published_digest
from newsletter.web.reading.weeks import unread
from newsletter.web.site import PUBLIC, READ, OfSite, Tongue

router = APIRouter()


@router.api_route("/{code}/{week}.txt", methods=READ)
def text(language: Tongue, week: str, site: OfSite) -> Response:
    """Give a published week as text; one without a text for this language says, on a page, where there is one."""
    with site.runtime.database.reading() as session:
        digest = published_digest(session, site.publication, week)
    if digest is None or not digest.commentaries:
        raise HTTPException(404)
    reading = digest.read_in(order_of(site.publication, language))
    if not reading.entries:
        return unread(site, language, digest)
    words = environment(site.runtime.settings.templates / "email", language)
    shown = words.get_template("digest/page.txt").render(
        publication=site.publication,
        reading=reading,
        links=Links(site.publication.base_url, language, digest.week),
        absent=absent_from(site.publication, reading),
    )
    return PlainTextResponse(site.shown(shown), headers=PUBLIC | {"Content-Language": language.code})
