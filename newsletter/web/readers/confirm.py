"""Confirming: a page with one button.  The link alone does nothing, for scanners follow links."""

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter import subscribing
from newsletter.languages import Language
from newsletter.receiving import confirm_and_welcome
from newsletter.subscribing import AddressTaken, Confirmed
from newsletter.tokens import Purpose, make
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.formtime import FIELD, Age, age_of, form_token
from newsletter.web.guards.origin import FROM_US
from newsletter.web.lost import over
from newsletter.web.readers.choices import choice_for
from newsletter.web.site import READ, OfSite, Site, Tongue
from newsletter.windows import CONFIRMED
from workers.bells import ring_for_letters

router = APIRouter()


@router.api_route("/{code}/confirm/{token}", methods=READ)
def ask(language: Tongue, token: str, site: OfSite) -> Response:
    """Show what is to be confirmed, and the button; never the address."""
    return shown(site, language, token)


@router.post("/{code}/confirm/{token}", dependencies=[FROM_US])
def confirm(language: Tongue, token: str, form: Posted, site: OfSite) -> Response:
    """Do what was asked for, once; pressing twice is no fault."""
    here, now = site.runtime, site.runtime.clock()
    if age_of(here.keyring, form.get(FIELD), now=now, settings=here.settings) is not Age.FRESH:
        return shown(site, language, token, status=400)
    try:
        done = confirmed(site, token)
    except AddressTaken:
        return site.page("taken.html", language, site.anywhere(""), status=409, private=True)
    if done is None:
        return over(site, language)
    reader, owed = done
    return site.page(
        "confirmed.html",
        language,
        site.anywhere(""),
        private=True,
        kind=reader.kind.value,
        coming=owed > 0,
        preferences=make(here.keyring, Purpose.PREFERENCES, reader.ref),
    )


def confirmed(site: Site, token: str) -> tuple[Confirmed, int] | None:
    """Confirm, and owe the newest digest to who has none of it, in one transaction; then ring.

    Returns whose wish it was, and how many digests are owed now.
    """
    here, now = site.runtime, site.runtime.clock()
    publication, size = here.publication, here.settings.batch_size
    with here.database.transaction() as session:
        done = confirm_and_welcome(
            session, publication, here.keyring, token, now=now, today=here.today, batch_size=size
        )
    if done is None:
        return None
    if done[0].first:
        here.windows.tell(CONFIRMED, now=now)
    ring_for_letters()
    return done


def shown(site: Site, language: Language, token: str, *, status: int = 200) -> Response:
    """Return the page with the button."""
    here, now = site.runtime, site.runtime.clock()
    with here.database.reading() as session:
        pending = subscribing.pending(session, here.keyring, token, now=now)
    if pending is None:
        return over(site, language)
    return site.page(
        "confirm.html",
        language,
        site.anywhere(f"confirm/{token}"),
        status=status,
        private=True,
        pending=pending,
        choice=choice_for(site.publication, pending.edition, pending.languages),
        form_token=form_token(here.keyring, now),
        stale=status == 400,
    )
