"""Subscribing: the form, and the one answer that whoever asks gets, whatever stands under the address."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from newsletter import subscribing
from newsletter.languages import Language
from newsletter.subscribing import Wish, consent_text
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.formtime import Age, age_of, form_token
from newsletter.web.guards.origin import FROM_US
from newsletter.web.guards.visitor import Visitor
from newsletter.web.places import Here
from newsletter.web.readers.choices import choices_of
from newsletter.web.readers.signup import TRAP, SignUp, empty, returned
from newsletter.web.site import PRIVATE, READ, OfSite, Site, Tongue
from newsletter.windows import asking_limits
from workers.bells import ring_for_askings

router = APIRouter()
DOOR = "web"


@router.api_route("/{code}/subscribe", methods=READ)
def form(language: Tongue, request: Request, site: OfSite) -> Response:
    """Show the form; a link from another site may fill in edition, order and variant."""
    token = form_token(site.runtime.keyring, site.runtime.clock())
    return shown(
        site, language, empty(site.publication, language, token, request.query_params, discreetly=site.neutral)
    )


@router.api_route("/{code}/asked", methods=READ)
def asked(language: Tongue, site: OfSite) -> Response:
    """Say that a mail is on its way.  To everybody: who knows of an address learns nothing here."""
    senders: dict[str, Any] = {
        "sender": (site.publication.sender.name or site.publication.name)[language.code],
        "discreet_sender": site.publication.discreet.sender_name[language.code],
    }
    return site.page("asked.html", language, site.anywhere("asked"), days=subscribing.ASKING_DAYS, **senders)


@router.post("/{code}/subscribe", dependencies=[FROM_US])
def subscribe(language: Tongue, posted: Posted, network: Visitor, site: OfSite) -> Response:
    """Take a filled form: one row, a bell, and the same answer whoever asked."""
    here, now = site.runtime, site.runtime.clock()
    signup = returned(site.publication, posted).checked()
    if posted.get(TRAP):
        return on_its_way(site, language)
    age = age_of(here.keyring, signup.token, now=now, settings=here.settings, least=here.settings.form_seconds)
    if age in (Age.STALE, Age.FOREIGN):
        return shown(site, language, replace(signup, token=form_token(here.keyring, now)), status=400, trouble="stale")
    if age is Age.TOO_QUICK:  # with the time it had: a person who presses again is late enough
        return shown(site, language, signup, status=400, trouble="too-quick")
    wish = signup.wish
    if wish is None:
        return shown(site, language, signup, status=400, trouble="faults")
    if site.publication.is_weak(wish.address.domain) and not signup.goes_on:
        return shown(site, language, signup, weak=True)
    attacked = here.windows.attack_since() is not None
    if not here.windows.count(*asking_limits(here.settings, network, attacked=attacked)):
        return shown(site, language, signup, status=429, trouble="too-many")
    ask(site, wish, language)
    return on_its_way(site, language)


def ask(site: Site, wish: Wish, language: Language) -> None:
    """Write the asking down and ring."""
    here = site.runtime
    with here.database.transaction() as session:
        subscribing.ask(session, here.keyring, wish, tongue=language, door=DOOR, now=here.clock())
    ring_for_askings()


def on_its_way(site: Site, language: Language) -> Response:
    """Return the answer to every asking; loading the page again asks nothing again."""
    there = Here(site.publication, language, site.anywhere("asked")).to("asked")
    return RedirectResponse(there, 303, PRIVATE)


def shown(
    site: Site, language: Language, signup: SignUp, *, status: int = 200, trouble: str = "", weak: bool = False
) -> Response:
    """Return the page with the form.  It is nobody's to keep: it may hold what somebody typed."""
    page = site.page(
        "subscribe.html",
        language,
        site.anywhere("subscribe"),
        status=status,
        private=bool(signup.typed or trouble),
        trouble=trouble,
        weak=weak,
        **form_values(site, language, signup),
    )
    if status == 429:
        page.headers["Retry-After"] = "3600"
    return page


def form_values(site: Site, language: Language, signup: SignUp) -> dict[str, Any]:
    """Return what the form's part of a page needs."""
    return {
        "signup": signup,
        "choices": choices_of(site.publication),
        "consent": consent_text(site.publication, language),
        "attacked": site.runtime.windows.attack_since() is not None,
    }
