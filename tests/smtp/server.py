"""A server that plays a script over real sockets, in a thread of its own."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.smtp.script import Script
from tests.smtp.talk import Talk


@dataclass
class Record:
    """What the server saw.  `taken` counts messages by the reader they were for; `most` is of open connections."""

    port: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)
    talks: list[list[str]] = field(default_factory=list)
    open: int = 0
    most: int = 0

    @property
    def connections(self) -> int:
        """How many there were in all."""
        return len(self.talks)


@contextmanager
def playing(play: Script) -> Iterator[Record]:
    """Serve `play` on a free port of 127.0.0.1."""
    server = ScriptedServer(play)
    try:
        yield server.record
    finally:
        server.end()


class ScriptedServer:
    """Serves on a free port of 127.0.0.1 until it is ended."""

    def __init__(self, play: Script) -> None:
        self.record = Record()
        self._play = play
        self._loop = asyncio.new_event_loop()
        self._bound, self._listening = threading.Event(), threading.Event()
        self._opened, self._done = asyncio.Event(), asyncio.Event()
        # A task that waits for ever is garbage unless someone holds it.
        self._here: set[asyncio.Task[None] | None] = set()
        self._thread = threading.Thread(target=self._run, name="scripted-smtp")
        self._thread.start()
        self._bound.wait()
        self.turn(play)

    def turn(self, play: Script) -> None:
        """Meet those who come from now on with this script."""
        self._play = play
        if not play.refuses:
            self._loop.call_soon_threadsafe(self._opened.set)
            self._listening.wait()

    def end(self) -> None:
        """Drop all connections and close the port."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        with socket.socket() as port:  # bound and not listening: who connects is refused, and nobody else can have it
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port.bind(("127.0.0.1", 0))
            self.record.port = port.getsockname()[1]
            self._bound.set()
            events = [asyncio.ensure_future(event.wait()) for event in (self._opened, self._done)]
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            for event in events:
                event.cancel()
            if not self._done.is_set():
                await self._listen(port)

    async def _listen(self, port: socket.socket) -> None:
        secure = self._play.context if self._play.implicit else None
        # A small limit: what the script does not read shall wait in the client, not here.
        server = await asyncio.start_server(self._accept, sock=port, ssl=secure, limit=2**16)
        self._listening.set()
        await self._done.wait()
        server.close()
        others = [task for task in self._here if task is not None]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # let aborted transports close their sockets

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = self.record
        self._here.add(asyncio.current_task())
        record.open += 1
        record.most = max(record.most, record.open)
        record.talks.append([])
        try:
            await Talk(self._play, record, record.talks[-1], reader, writer).run()
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client went, the script ended it, or the test is over: streams would print the last as an error
        finally:
            record.open -= 1
            writer.transport.abort()
