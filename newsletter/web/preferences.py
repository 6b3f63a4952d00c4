"""Preferences: what a reader gets, as the link in the letter shows it."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from newsletter import subscribing
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.languages import language as known_language
from newsletter.publication import Publication
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
        edition=edition_name(site.publication, found.edition, language),
        order=[known_language(code) for code in found.languages],
        discreet=found.variant is Variant.DISCREET,
        leave=make(keyring, Purpose.LEAVE, ref),
    )


def edition_name(publication: Publication, code: str, language: Language) -> str:
    """Return what `language` calls the edition; one that the publication has dropped keeps its code."""
    return next((edition.name[language.code] for edition in publication.editions if edition.code == code), code)
