"""robots.txt (RFC 9309): search engines may read what is published; pages that a token opens are nobody's to list."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from newsletter.web.site import READ, OfSite

PERSONAL = ("confirm", "leave", "me", "preferences")

router = APIRouter()


@router.api_route("/robots.txt", methods=READ)
def robots(site: OfSite) -> PlainTextResponse:
    """Say which paths to leave alone, in every language of the publication."""
    top = urlsplit(site.publication.base_url).path
    lines = [f"Disallow: {top}/{language}/{name}/" for language in site.publication.languages for name in PERSONAL]
    headers = {"Cache-Control": "public, max-age=86400"}
    return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]), headers=headers)
