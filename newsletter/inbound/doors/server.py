"""The server to which a mail server hands mail: it says that a mail is taken only once it is kept.

No TLS and no AUTH: it is for a mail server on this machine, or behind the same wall.  Whatever goes wrong on our side
is answered with "later", so the mail stays where it was.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socket

from newsletter.errors import OperatorError
from newsletter.inbound.doors.dialogue import Dialogue, LmtpDialogue
from newsletter.inbound.doors.porter import FULL, PlaceOf, Porter
from newsletter.inbound.mail import Mail, Source
from newsletter.inbound.places import Place

MOST_CONNECTIONS = 50
GRACE_SECONDS = 8.0
"""How long those who are in the middle of a message may go on when we are told to stop."""

Keep = Callable[[Mail, Place], object]
"""Keeps a mail for good before it returns; whatever it raises means "not kept"."""

log = logging.getLogger("newsletter.inbound")


class Server:
    """Takes mail on some sockets until it is told to stop."""

    def __init__(self, protocol: Source, place_of: PlaceOf, keep: Keep) -> None:
        """`place_of` is asked in the event loop and must not wait for anything; `keep` runs in a thread."""
        self._keep = keep
        self._porter = Porter(protocol, place_of, self._take)
        self._dialogue = LmtpDialogue if protocol is Source.LMTP else Dialogue
        self._open: set[Dialogue] = set()
        self._stopping = asyncio.Event()
        self._empty = asyncio.Event()

    def stop(self) -> None:
        """Send newcomers away; let each finish the message that it is at, and close it."""
        self._stopping.set()

    async def serve(self, sockets: Sequence[socket]) -> None:
        """Serve until `stop`."""
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(self._answered, sock=each) for each in sockets]
        await self._stopping.wait()
        for dialogue in list(self._open):
            dialogue.leave()
        if self._open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), GRACE_SECONDS)
        for dialogue in list(self._open):
            dialogue.cut()
        for server in servers:  # not before: asyncio would forget who is being accepted just now
            server.close()

    def _answered(self) -> asyncio.Protocol:
        if len(self._open) >= MOST_CONNECTIONS or self._stopping.is_set():
            return _Full()
        dialogue = self._dialogue(self._porter, self._ended)
        self._open.add(dialogue)
        self._empty.clear()
        return dialogue

    def _ended(self, dialogue: Dialogue) -> None:
        self._open.discard(dialogue)
        if not self._open:
            self._empty.set()

    async def _take(self, mail: Mail, place: Place) -> bool:
        try:
            await asyncio.to_thread(self._keep, mail, place)
        except OperatorError as error:
            log.warning("a mail to %s@ was put off: %s", place.command, error)
            return False
        except Exception:
            log.exception("a mail to %s@ was put off; this should not happen", place.command)
            return False
        log.debug("took a mail to %s@", place.command)
        return True


class _Full(asyncio.Protocol):
    """Sends a connection away that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(FULL.encode() + b"\r\n")
        transport.close()


def serve(protocol: Source, sockets: Sequence[socket], place_of: PlaceOf, keep: Keep) -> None:
    """Serve until SIGTERM or SIGINT."""
    # aiosmtpd tells of every address at INFO, and of every line at DEBUG.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    async def run() -> None:
        server = Server(protocol, place_of, keep)
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, server.stop)
        await server.serve(sockets)

    asyncio.run(run())
