"""Which network a request comes from: a household's or an office's, never a person's address.

It is looked at while a request is answered, to count by; it is neither kept nor logged.
"""

import logging
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Request

from newsletter.web.site import OfSite

log = logging.getLogger(__name__)

UNKNOWN = "unknown"
"""Whose network cannot be told: all of them share one window."""

OFFICE = 24
"""Bits of IPv4 that an office or a street shares."""

HOUSEHOLD = 56
"""Bits of IPv6 that a household is given (RFC 6177)."""

UNTRUSTED = (
    "a proxy names visitors in X-Forwarded-For, but NEWSLETTER_TRUSTED_PROXIES names no proxy: "
    "all visitors count as one network"
)

PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d*)?|(?P<v4>[\d.]+):\d*")
"""Some proxies write the port too."""


async def visitor(request: Request, site: OfSite) -> str:
    """Return the network that a request comes from: `203.0.113.0/24`, `2001:db8:0:100::/56` or `unknown`."""
    peer = request.client.host if request.client else None
    forwarded = request.headers.getlist("x-forwarded-for")
    trusted = site.runtime.settings.proxies
    network = network_of(peer, forwarded, trusted)
    if forwarded and not trusted and not getattr(request.app.state, "proxy_told", False):
        here = _address(peer or "")
        if here is not None and here.is_private:  # from elsewhere anybody could make us write lines
            request.app.state.proxy_told = True
            log.warning(UNTRUSTED)
    return network


Visitor = Annotated[str, Depends(visitor)]


def network_of(peer: str | None, forwarded: Sequence[str], trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the network of the nearest hop that is no proxy of ours.

    Each of our proxies adds its peer to the right of `X-Forwarded-For`; what stands left of the first stranger was
    written by the stranger.  What cannot be read ends the walk at the hop that passed it on.

    >>> network_of("10.0.0.1", ["1.2.3.4, 203.0.113.7"], [IPv4Network("10.0.0.0/8")])
    '203.0.113.0/24'
    >>> network_of("203.0.113.7", ["1.2.3.4"], [IPv4Network("10.0.0.0/8")])
    '203.0.113.0/24'
    """
    here = _address(peer or "")
    hops = ",".join(forwarded).split(",") if forwarded else []
    while hops and here is not None and any(here in network for network in trusted):
        further = _address(hops.pop())
        if further is None:
            break
        here = further
    if here is None:
        return UNKNOWN
    if here.version == 4:
        return str(IPv4Network((int(here), OFFICE), strict=False))
    return str(IPv6Network((int(here), HOUSEHOLD), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if found := PORT.fullmatch(text):
        text = found["v6"] or found["v4"] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
