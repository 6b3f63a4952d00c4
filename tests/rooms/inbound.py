"""A server for mail in, in a thread of the test: it keeps what it is handed in a list, or fails as it is told."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.errors import OperatorError
from newsletter.inbound.doors.listening import Listening
from newsletter.inbound.doors.server import Server
from newsletter.inbound.mail import Mail
from newsletter.inbound.places import Place, place_of
from newsletter.publication import load_publication
from newsletter.tokens import Purpose, make
from tests.unit.rings import ring

PUBLICATION = load_publication(Path(__file__).parents[2] / "seeds" / "publication.toml")
DOMAIN = "week.example.org"
JOIN = f"subscribe-be@{DOMAIN}"
REF = b"12345678"
KEYRING = ring(1)


def bounce(ref: bytes = REF, *, keys: int = 1) -> str:
    """Return a reader's return path."""
    return f"bounce+{make(ring(keys), Purpose.BOUNCE, ref)}@{DOMAIN}"


class Away(OperatorError):
    """What a database that is away raises."""


class Door:
    """Serves while the `with` block lasts.  `fails`: what `keep` raises; `waits`: what it waits for."""

    def __init__(self, scheme: str = "lmtp", path: Path | None = None) -> None:
        self._listening = Listening.at(f"lmtp+unix://{path}" if path else f"{scheme}://127.0.0.1:1")
        self._sockets = self._listening.sockets() if path else [socket.create_server(("127.0.0.1", 0), backlog=128)]
        self.at: int | str = str(path) if path else self._sockets[0].getsockname()[1]
        self.kept: list[tuple[Mail, Place]] = []
        self.fails: Exception | None = None
        self.waits: Callable[[], object] = lambda: None
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._listening.close(self._sockets)

    @property
    def is_over(self) -> bool:
        """Whether it serves no more."""
        return not self._thread.is_alive()

    @property
    def contents(self) -> list[bytes]:
        """What it has kept."""
        return [mail.content for mail, _ in self.kept]

    def stop(self) -> None:
        """Tell it to stop, as SIGTERM does."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.server.stop)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.server = Server(
            self._listening.protocol, lambda recipient: place_of(recipient, PUBLICATION, KEYRING), self._keep
        )
        self._loop.call_soon(self._started.set)
        await self.server.serve(self._sockets)

    def _keep(self, mail: Mail, place: Place) -> None:
        self.waits()
        if self.fails is not None:
            raise self.fails
        self.kept.append((mail, place))
