"""Leaving: a page with one button, and one-click (RFC 8058).  Only a POST acts."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from newsletter import subscribing
from newsletter.tokens import Purpose, read
from newsletter.web.forms import Posted
from newsletter.web.site import PRIVATE, READ, OfSite, Site, Tongue

router = APIRouter()


@router.api_route("/{code}/leave/{token}", methods=READ)
def ask(language: Tongue, token: str, site: OfSite) -> HTMLResponse:
    """Show the button.  Who has left already sees it too: the page says nothing about anybody."""
    read(site.runtime.keyring, Purpose.LEAVE, token)
    return site.page("leave.html", language, site.anywhere(f"leave/{token}"), private=True)


@router.post("/{code}/leave/{token}")
def leave(language: Tongue, token: str, form: Posted, site: OfSite) -> Response:
    """Let the reader go, by the page's button or by the mail program's; the same answer however often."""
    place = site.anywhere(f"leave/{token}")
    by_button = form.get("confirm") == "yes"
    by_one_click = form.get("List-Unsubscribe", "").lower() == "one-click"
    if not (by_button or by_one_click):
        read(site.runtime.keyring, Purpose.LEAVE, token)
        return site.page("leave.html", language, place, status=400, private=True)
    let_go(site, token)
    if by_one_click:  # a machine asked; RFC 8058 section 3.1: no redirect, and nobody reads the answer
        return PlainTextResponse("OK\n", headers=PRIVATE)
    return site.page("left.html", language, place, private=True)


def let_go(site: Site, token: str) -> None:
    """Take the reader that `token` names off the list, on today's date where the publication lives.

    Raises
    ForeignToken: it names nobody.
    """
    today = site.runtime.clock().astimezone(site.publication.time_zone).date()
    with site.runtime.database.transaction() as session:
        subscribing.leave(session, site.runtime.keyring, token, today=today)
