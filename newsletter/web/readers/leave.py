"""Leaving: a page with one button and one question, and one-click (RFC 8058).  Only a POST acts."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from newsletter import subscribing
from newsletter.languages import Language
from newsletter.subscribing import LeaveReason
from newsletter.tokens import Purpose, read
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.formtime import FIELD, Age, age_of, form_token
from newsletter.web.guards.origin import refuse_strangers
from newsletter.web.site import PRIVATE, READ, OfSite, Site, Tongue

router = APIRouter()


@router.api_route("/{code}/leave/{token}", methods=READ)
def ask(language: Tongue, token: str, site: OfSite) -> HTMLResponse:
    """Show the button.  Who has left already sees it too: the page says nothing about anybody."""
    return shown(site, language, token)


@router.post("/{code}/leave/{token}")
def leave(language: Tongue, token: str, form: Posted, request: Request, site: OfSite) -> Response:
    """Let the reader go, by the page's button or by the mail program's; the same answer however often."""
    here = site.runtime
    if form.get("List-Unsubscribe", "").strip().lower() == "one-click":
        # A machine asks, from nowhere; RFC 8058 section 3.1: no cookies, no redirect, and nobody reads the answer.
        let_go(site, token)
        return PlainTextResponse("OK\n", headers=PRIVATE)
    refuse_strangers(request, site)
    fresh = age_of(here.keyring, form.get(FIELD), now=here.clock(), settings=here.settings) is Age.FRESH
    if not fresh or form.get("confirm") != "yes":
        return shown(site, language, token, why_of(form), status=400)
    let_go(site, token, why_of(form))
    return site.page("left.html", language, site.anywhere(f"leave/{token}"), private=True)


def shown(
    site: Site, language: Language, token: str, why: LeaveReason | None = None, *, status: int = 200
) -> HTMLResponse:
    """Return the page with the button.

    Raises
    ForeignToken: the link names nobody.
    """
    here = site.runtime
    read(here.keyring, Purpose.LEAVE, token)
    return site.page(
        "leave.html",
        language,
        site.anywhere(f"leave/{token}"),
        status=status,
        private=True,
        form_token=form_token(here.keyring, here.clock()),
        why=why,
        stale=status == 400,
    )


def why_of(form: Mapping[str, str]) -> LeaveReason | None:
    """Return the reason that was ticked, if one was."""
    return next((reason for reason in LeaveReason if form.get("why") == str(reason.value)), None)


def let_go(site: Site, token: str, why: LeaveReason | None = None) -> None:
    """Take the reader that `token` names off the list.

    Raises
    ForeignToken: it names nobody.
    """
    with site.runtime.database.transaction() as session:
        subscribing.leave(session, site.runtime.keyring, token, today=site.runtime.today, why=why)
