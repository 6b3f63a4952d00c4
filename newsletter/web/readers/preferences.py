"""Preferences: what a reader gets, shown and changed through the link in a letter.

Never the address, nor anything that is kept beside: letters are forwarded, and their links with them.  For that a fresh
link is mailed to the address itself.
"""

from datetime import timedelta
from functools import partial

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter import publishing, subscribing
from newsletter.languages import Language
from newsletter.subscribing import ACCESS_HOURS, BadDate, Preferences
from newsletter.subscribing.changing import LONGEST_SILENCE
from newsletter.tokens import Purpose, make, read
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.formtime import FIELD, Age, age_of, form_token
from newsletter.web.guards.origin import FROM_US
from newsletter.web.lost import over
from newsletter.web.readers import silence
from newsletter.web.readers.choices import choices_of
from newsletter.web.readers.chosen import Chosen, as_it_stands, returned
from newsletter.web.site import READ, OfSite, Site, Tongue
from workers.bells import ring_for_letters, ring_for_notes

router = APIRouter()


@router.api_route("/{code}/preferences/{token}", methods=READ)
def ask(language: Tongue, token: str, site: OfSite) -> Response:
    """Show edition, order, variant and silence, to be changed."""
    return shown(site, language, token)


@router.post("/{code}/preferences/{token}", dependencies=[FROM_US])
def save(language: Tongue, token: str, form: Posted, site: OfSite) -> Response:
    """Change what the form says, and show what stands then."""
    here = site.runtime
    found = preferences_of(site, token)
    if found is None:
        return over(site, language)
    chosen = returned(site.publication, form, as_it_stands(site.publication, found, here.today)).checked()
    if age_of(here.keyring, form.get(FIELD), now=here.clock(), settings=here.settings) is not Age.FRESH:
        return shown(site, language, token, chosen, trouble="stale")
    if chosen.faults:
        return shown(site, language, token, chosen, trouble="faults")
    try:
        change(site, token, chosen)
    except BadDate:
        return shown(site, language, token, chosen.with_fault("silence"), trouble="faults")
    return shown(site, language, token, saved=True)


@router.post("/{code}/preferences/{token}/access", dependencies=[FROM_US])
def ask_access(language: Tongue, token: str, form: Posted, site: OfSite) -> Response:
    """Have a link mailed to the reader: to their data, a change of address, the end of everything."""
    here, now = site.runtime, site.runtime.clock()
    if age_of(here.keyring, form.get(FIELD), now=now, settings=here.settings) is not Age.FRESH:
        return shown(site, language, token, trouble="stale")
    with here.database.transaction() as session:
        there = subscribing.ask_access(session, here.keyring, token, now=now)
    if not there:
        return over(site, language)
    ring_for_notes()
    place = site.anywhere(f"preferences/{token}")
    return site.page("mailed.html", language, place, private=True, days=ACCESS_HOURS // 24)


def preferences_of(site: Site, token: str) -> Preferences | None:
    """Return what the reader of a link gets; None if there is none any more.

    Raises
    ForeignToken
    """
    with site.runtime.database.reading() as session:
        return subscribing.preferences(session, site.runtime.keyring, token)


def change(site: Site, token: str, chosen: Chosen) -> None:
    """Change what a reader gets, and owe in the right letter what was owed in another, in one transaction; then ring.

    Raises
    BadDate
    """
    here, now = site.runtime, site.runtime.clock()
    choice = chosen.choice
    assert choice is not None
    with here.database.transaction() as session:
        done = subscribing.change(
            session,
            here.keyring,
            token,
            edition=choice.edition,
            order=choice.order,
            variant=chosen.variant,
            silent_until=chosen.until,
            today=here.today,
        )
        if done is None or not done.released:
            return
        size = here.settings.batch_size
        publishing.owe_afresh(session, here.publication, done.released, done.ref, now=now, batch_size=size)
    ring_for_letters()


def shown(
    site: Site, language: Language, token: str, chosen: Chosen | None = None, *, trouble: str = "", saved: bool = False
) -> Response:
    """Return the page with the form: as it came back, else as things stand."""
    keyring, today = site.runtime.keyring, site.runtime.today
    found = preferences_of(site, token)
    if found is None:
        return over(site, language)
    stands = as_it_stands(site.publication, found, today)
    return site.page(
        "preferences.html",
        language,
        site.anywhere(f"preferences/{token}"),
        status=400 if trouble else 200,
        private=True,
        trouble=trouble,
        saved=saved,
        stopped=found.stopped,
        edition=found.edition,
        languages=found.languages,
        chosen=chosen or stands,
        stood=stands.stood,
        choices=choices_of(site.publication),
        spans=silence.offered(today, stands.stood),
        days=(today + timedelta(days=1), today + LONGEST_SILENCE),
        written=partial(silence.written, language=language),
        form_token=form_token(keyring, site.runtime.clock()),
        leave=make(keyring, Purpose.LEAVE, read(keyring, Purpose.PREFERENCES, token)),
    )
