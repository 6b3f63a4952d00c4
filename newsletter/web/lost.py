"""What a visitor sees instead of a page: in the right language, friendly, and the same whatever went wrong."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from newsletter.errors import OperatorError
from newsletter.languages import Language, negotiate
from newsletter.tokens import ForeignToken
from newsletter.web.places import Place
from newsletter.web.shields import HEADERS
from newsletter.web.site import Site, site_at

log = logging.getLogger(__name__)


def spoken(request: Request, site: Site) -> Language:
    """Return the language to answer in: the path's, else the one that the browser asks for."""
    first = request.scope["path"].lstrip("/").partition("/")[0]
    for language in site.publication.languages:
        if language.code == first:
            return language
    return negotiate(request.headers.get("accept-language", ""), site.publication.languages)


def _page(request: Request, template: str, status: int) -> HTMLResponse:
    site = site_at(request)
    # The switch leads to the home pages: there is no such page in the other languages either.
    place = Place("", site.publication.languages)
    answer = site.page(template, spoken(request, site), place, status=status, private=True)
    answer.headers["Vary"] = "Accept-Language"
    return answer


def refused(request: Request, error: Exception) -> HTMLResponse:
    """Answer what the router or a page refuses: 404 mostly, else another 4xx."""
    assert isinstance(error, HTTPException)
    answer = _page(request, "lost.html" if error.status_code == 404 else "refused.html", error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def foreign(request: Request, _error: Exception) -> HTMLResponse:
    """Answer a link that was cut, mistyped or made up."""
    return _page(request, "foreign.html", 404)


def over(site: Site, language: Language) -> HTMLResponse:
    """Answer a link of ours whose time is over, or whose reader has left."""
    return site.page("over.html", language, site.anywhere(""), status=404, private=True)


def expired(site: Site, language: Language) -> HTMLResponse:
    """Answer a link to one's own data whose day is over, or whose reader has left: another is soon mailed."""
    return site.page("expired.html", language, site.anywhere(""), status=404, private=True)


def away(request: Request, error: Exception) -> HTMLResponse:
    """Answer while something is missing that the operator can put right; the log says what."""
    log.error("a page could not be shown: %s", error)
    answer = _page(request, "away.html", 503)
    answer.headers["Retry-After"] = "60"
    return answer


def broken(request: Request, _error: Exception) -> HTMLResponse:
    """Answer a fault of ours.  It is raised again after this, so the log has it; this answer passes no middleware."""
    answer = _page(request, "away.html", 500)
    answer.headers.update(HEADERS)
    return answer


def add_answers(app: FastAPI) -> None:
    """Make `app` answer errors with these pages."""
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(ForeignToken, foreign)
    app.add_exception_handler(OperatorError, away)
    app.add_exception_handler(Exception, broken)
