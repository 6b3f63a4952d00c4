"""What only the owner of an address sees and does, behind a link that has just been mailed there: their data, another
address, the end of everything.  The link lives a day."""

import json
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter import addresses, subscribing
from newsletter.addresses import InvalidAddress
from newsletter.languages import Language
from newsletter.notes import LIFE, NoteKind
from newsletter.subscribing import Owner, SameAddress
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.formtime import FIELD, Age, age_of, form_token
from newsletter.web.guards.origin import FROM_US
from newsletter.web.guards.visitor import Visitor
from newsletter.web.lost import expired
from newsletter.web.readers import silence
from newsletter.web.readers.choices import choice_for
from newsletter.web.readers.signup import LONGEST
from newsletter.web.site import PRIVATE, READ, OfSite, Site, Tongue
from newsletter.windows import asking_limits
from workers.bells import ring_for_askings

router = APIRouter()


@router.api_route("/{code}/me/{token}", methods=READ)
def ask(language: Tongue, token: str, site: OfSite) -> Response:
    """Show who one is here, and what one may do."""
    return shown(site, language, token)


@router.post("/{code}/me/{token}", dependencies=[FROM_US])
def act(language: Tongue, token: str, form: Posted, network: Visitor, site: OfSite) -> Response:
    """Do what the button that was pressed says."""
    here = site.runtime
    typed = form.get("email", "")[:LONGEST]
    if age_of(here.keyring, form.get(FIELD), now=here.clock(), settings=here.settings) is not Age.FRESH:
        return shown(site, language, token, typed, status=400, trouble="stale")
    match form.get("action"):
        case "data":
            return handed_over(site, language, token)
        case "move":
            return move(site, language, token, typed, network, anyway=form.get("anyway") == "yes")
        case "erase" if form.get("sure") == "yes":
            return erase(site, language, token)
        case "erase":
            return shown(site, language, token, status=400, trouble="faults", fault="unsure")
    return shown(site, language, token, status=400)


def handed_over(site: Site, language: Language, token: str) -> Response:
    """Return all that is kept about the reader, as a file."""
    here = site.runtime
    with here.database.reading() as session:
        data = subscribing.my_data(session, here.keyring, token, now=here.clock())
    if data is None:
        return expired(site, language)
    name = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return Response(text, media_type="application/json", headers=PRIVATE | name)


def move(site: Site, language: Language, token: str, typed: str, network: str, *, anyway: bool) -> Response:
    """Ask the owner of another address whether letters are to come there; the same answer whoever has it already."""
    here = site.runtime
    try:
        to = addresses.parse(typed)
    except InvalidAddress:
        fault = "invalid" if typed.strip() else "missing"
        return shown(site, language, token, typed, status=400, trouble="faults", fault=fault)
    if site.publication.is_weak(to.domain) and not anyway:
        return shown(site, language, token, typed, weak=to.domain)
    # As many as of the sign-up form: else one reader could have us write to everybody.
    attacked = here.windows.attack_since() is not None
    if not here.windows.count(*asking_limits(here.settings, network, attacked=attacked)):
        return shown(site, language, token, typed, status=429, trouble="too-many")
    try:
        with here.database.transaction() as session:
            there = subscribing.ask_move(session, here.keyring, token, to, now=here.clock())
    except SameAddress:
        return shown(site, language, token, typed, status=400, trouble="faults", fault="same")
    if not there:
        return expired(site, language)
    ring_for_askings()
    days = LIFE[NoteKind.MOVE].days
    return site.page("moving.html", language, site.anywhere(f"me/{token}"), private=True, days=days)


def erase(site: Site, language: Language, token: str) -> Response:
    """Forget the reader."""
    here = site.runtime
    with here.database.transaction() as session:
        done = subscribing.erase(session, here.keyring, token, now=here.clock(), today=here.today)
    return site.page("erased.html", language, site.anywhere(""), private=True) if done else expired(site, language)


def owner_of(site: Site, token: str) -> Owner | None:
    """Return the reader whom a link names; None if its time is over, or they have left.

    Raises
    ForeignToken
    """
    with site.runtime.database.reading() as session:
        return subscribing.owner(session, site.runtime.keyring, token, now=site.runtime.clock())


def shown(site: Site, language: Language, token: str, typed: str = "", *, status: int = 200, **said: Any) -> Response:
    """Return the page with its three forms; what is said besides: `trouble`, `fault`, `weak` (a domain)."""
    here, found = site.runtime, owner_of(site, token)
    if found is None:
        return expired(site, language)
    page = site.page(
        "me.html",
        language,
        site.anywhere(f"me/{token}"),
        status=status,
        private=True,
        owner=found,
        choice=choice_for(site.publication, found.reads.edition, found.reads.languages),
        since=silence.written(found.since, language),
        until=found.reads.paused_until and silence.written(found.reads.paused_until, language),
        typed=typed,
        form_token=form_token(here.keyring, here.clock()),
        **{"trouble": "", "fault": "", "weak": ""} | said,
    )
    if status == 429:
        page.headers["Retry-After"] = "3600"
    return page
