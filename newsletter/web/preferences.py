"""Preferences: what a reader gets, as the link in the letter shows it."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from newsletter import subscribing
from newsletter.tokens import Purpose, make, read
from newsletter.web.site import READ, OfSite, Tongue

router = APIRouter()


@router.api_route("/{code}/preferences/{token}", methods=READ)
def preferences(language: Tongue, token: str, site: OfSite) -> HTMLResponse:
    """Show edition, order and variant, never the address: letters are forwarded, and their links with them."""
    keyring = site.runtime.keyring
    ref = read(keyring, Purpose.PREFERENCES, token)
    with site.runtime.database.reading() as session:
        found = subscribing.preferences(session, keyring, token)
    if found is None:
        raise HTTPException(404)
    return site.page(
        "preferences.html",
        language,
        site.anywhere(f"preferences/{token}"),
        private=True,
        preferences=found,
        leave=make(keyring, Purpose.LEAVE, ref),
        editors=site.publication.sender.reply_to or site.publication.sender.address,
    )
