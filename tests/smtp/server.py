"""A server that plays a script over real sockets, in a thread of its own."""

import asyncio
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
    record = Record()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    done = asyncio.Event()
    here: set[asyncio.Task[None] | None] = set()  # a task that waits for ever is garbage unless someone holds it

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.add(asyncio.current_task())
        record.open += 1
        record.most = max(record.most, record.open)
        record.talks.append([])
        try:
            await Talk(play, record, record.talks[-1], reader, writer).run()
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client went, the script ended it, or the test is over: streams would print the last as an error
        finally:
            record.open -= 1
            writer.transport.abort()

    async def serve() -> None:
        secure = play.tls if play.implicit else None
        # A small limit: what the script does not read shall wait in the client, not here.
        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=secure, limit=2**16)
        record.port = server.sockets[0].getsockname()[1]
        ready.set()
        await done.wait()
        server.close()
        others = [task for task in here if task is not None]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # let aborted transports close their sockets

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="scripted-smtp")
    thread.start()
    ready.wait()
    try:
        yield record
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
