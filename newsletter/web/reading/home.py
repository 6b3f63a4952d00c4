"""The home page: what the newsletter is, and how the newest week stands."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from newsletter.digest import Reading
from newsletter.languages import Language, negotiate
from newsletter.publication import Publication
from newsletter.publishing import published_weeks
from newsletter.store import Session
from newsletter.web.guards.formtime import form_token
from newsletter.web.places import Here
from newsletter.web.readers.signup import empty
from newsletter.web.readers.subscribe import form_values
from newsletter.web.reading.published import digest_of_week, order_of
from newsletter.web.site import READ, OfSite, Tongue

router = APIRouter()


@router.api_route("/", methods=READ)
def choose(request: Request, site: OfSite) -> RedirectResponse:
    """Send a visitor to the home page in the language that the browser asks for."""
    language = negotiate(request.headers.get("accept-language", ""), site.publication.languages)
    here = Here(site.publication, language, site.anywhere(""))
    # Vary: a cache between us must not give one visitor's language to the next.
    return RedirectResponse(here.to(), 303, {"Vary": "Accept-Language", "Cache-Control": "no-cache"})


@router.api_route("/{code}", methods=READ)
def without_slash(language: Tongue, site: OfSite) -> RedirectResponse:
    """Whoever types an address leaves the slash out."""
    return RedirectResponse(Here(site.publication, language, site.anywhere("")).to(), 308)


@router.api_route("/{code}/", methods=READ)
def home(language: Tongue, request: Request, site: OfSite) -> HTMLResponse:
    """Show the newsletter and the situation board of the newest week that this language has a text of, and the form."""
    with site.runtime.database.reading() as session:
        reading = newest(session, site.publication, language)
    token = form_token(site.runtime.keyring, site.runtime.clock())
    signup = empty(site.publication, language, token, request.query_params, discreetly=site.neutral)
    values = form_values(site, language, signup)
    return site.page("home.html", language, site.anywhere(""), reading=reading, **values)


def newest(session: Session, publication: Publication, language: Language) -> Reading | None:
    """Return the newest published week as `language` reads it; None while there is nothing to read."""
    for week in published_weeks(session, publication):
        reading = digest_of_week(session, publication, week).read_in(order_of(publication, language))
        if reading.entries:
            return reading
    return None
