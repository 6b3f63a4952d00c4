"""Providers' reports: `POST /webhooks/{ses,postmark,sendgrid,mailgun}`.

No browser posts here, so nothing is asked of Origin: the provider's signature says who it is, and nothing is looked at
before that.  Without a secret there is no such page.  What is taken is kept, committed, before we say so; whatever
keeps us from it is answered 5xx, and the provider tries again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response

from newsletter.clock import monotonic
from newsletter.inbound import Mail, Source, pack
from newsletter.inbound.webhooks import (
    LARGEST,
    PROVIDERS,
    NotBelieved,
    Posted,
    Provider,
    Report,
    Unreadable,
    What,
    secret_of,
)
from newsletter.store.received import receive
from newsletter.web.site import PRIVATE, OfSite, Site
from workers.bells import ring_for_received

log = logging.getLogger(__name__)

BAD_NEWS = 1
"""The lane in which it waits: nobody waits for the answer."""

QUIET = 60.0
"""Seconds between two lines in the log about requests that are refused: anybody may post."""

router = APIRouter()
_quiet_until: dict[Source, float] = {}


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """What was posted, and the provider that it is said to come from."""

    provider: Provider
    secret: str
    posted: Posted


async def delivered(name: str, request: Request, site: OfSite) -> Delivery:
    """Return what was posted to a provider's endpoint.

    Raises
    HTTPException: 404 for an endpoint without a secret or of nobody we know, 415, 413 for more than 1 MB.
    """
    provider = next((one for source, one in PROVIDERS.items() if source == name), None)
    secret = provider and secret_of(site.runtime.settings, provider.source)
    if provider is None or not secret or site.neutral:
        raise HTTPException(404)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in provider.content_types:
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    return Delivery(provider, secret, Posted(dict(request.headers), bytes(body), site.runtime.clock()))


@router.post("/webhooks/{name}")
def take(delivery: Annotated[Delivery, Depends(delivered)], site: OfSite) -> Response:
    """Keep the events that mean something, each once, and say that it was done."""
    provider = delivery.provider
    try:
        reports = provider.events(delivery.posted, delivery.secret)
    except NotBelieved as refusal:
        _say(provider.source, refusal)
        raise HTTPException(403) from None
    except Unreadable as refusal:
        _say(provider.source, refusal)
        raise HTTPException(400) from None
    if keep(site, [report for report in reports if provider.told(report.event).what is not What.NOTHING]):
        ring_for_received()
    return PlainTextResponse("OK\n", headers=PRIVATE)


def keep(site: Site, reports: Sequence[Report]) -> bool:
    """Keep reports, committed; say whether any was new.

    Raises
    DatabaseAway
    """
    if not reports:
        return False
    here, new = site.runtime, False
    keyring = here.keyring
    with here.database.transaction() as session:
        for report in reports:
            new |= receive(
                session,
                keyring,
                pack(Mail(report.source, recipient="", sender="", content=report.content)),
                same_as=report.same_as,
                source=report.source,
                lane=BAD_NEWS,
                now=here.clock(),
            )
    return new


def _say(source: Source, refusal: Exception) -> None:
    now = monotonic()
    if now >= _quiet_until.get(source, now):
        _quiet_until[source] = now + QUIET
        log.warning("/webhooks/%s: a request was refused: %s", source, refusal)
