"""Where a posted form comes from: a page of ours, or a stranger's that a reader was lured to.

There are no cookies to steal a ride on.  But a foreign page could make each of its visitors post our form with somebody
else's address, each from a network of its own.  Browsers say where a form stood, and no page can make them lie.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request

from newsletter.web.site import OfSite, Site

LONGEST_HOST = 253
"""Characters of a host's name, RFC 1035 section 2.3.4; turning more of them into ASCII takes time."""

DEFAULT_PORTS = {"http": 80, "https": 443}


async def from_us(request: Request, site: OfSite) -> None:
    """Refuse what no page of ours has posted, before its body is read."""
    refuse_strangers(request, site)


FROM_US = Depends(from_us)
"""For every route that takes a form: `@router.post(path, dependencies=[FROM_US])`."""


def refuse_strangers(request: Request, site: Site) -> None:
    """Return if the form stood on a page of ours.

    Raises
    HTTPException: 403.
    """
    if not is_from_us(request, site):
        raise HTTPException(403)


def is_from_us(request: Request, site: Site) -> bool:
    """Say whether `Origin` (RFC 6454), or without one `Referer`, is an origin of ours.

    Ours are those of the publication's pages and of its discreet links, and the host that the request was made to
    where that is an address and no name.  A name proves nothing: a stranger can point one of his at us (DNS rebinding),
    and his page then has the origin that it posts to.  Nobody but its owner serves pages from an address.
    """
    said = request.headers.getlist("origin") or request.headers.getlist("referer")
    if len(said) != 1:  # none: no browser of our days; two: none at all
        return False
    origin = origin_of(said[0])
    if origin is None:
        return False
    publication = site.publication
    ours = {origin_of(url) for url in (publication.base_url, publication.discreet.base_url) if url}
    host = request.headers.get("host", "")
    if _is_address(host):
        ours |= {origin_of(f"http://{host}"), origin_of(f"https://{host}")}
    return origin in ours


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) of a web page; None for what is none, such as the word `null`.

    >>> origin_of("https://Тыдзень.example/be/")
    ('https', 'xn--d1acfzv8cl.example', 443)
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "")[:LONGEST_HOST].encode("idna").decode()
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:  # UnicodeError is one
        return None
    if not host or not port or parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return None
    return parts.scheme, host.lower(), port


def _is_address(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
