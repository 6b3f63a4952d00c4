"""The neutral host is in no search: what is listed there would tie it to the publication."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.publication import Publication, named_host

NOINDEX = {"X-Robots-Tag": "noindex, nofollow"}


class Unlisted:
    """Puts `X-Robots-Tag` on whatever is answered under the neutral host."""

    def __init__(self, app: ASGIApp, publication: Callable[[], Publication]) -> None:
        self.app = app
        self.publication = publication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the header."""
        host = named_host(Headers(scope=scope).get("host", "")) if scope["type"] == "http" else ""
        if not host or host != self.publication().neutral_host:
            await self.app(scope, receive, send)
            return

        async def unlisted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(NOINDEX)
            await send(message)

        await self.app(scope, receive, unlisted)
