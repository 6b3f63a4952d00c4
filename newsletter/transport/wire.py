"""One connection as octets: commands out, replies in, a deadline for each wait."""

import asyncio
from collections import deque

from newsletter.clock import monotonic
from newsletter.outcomes import Reply, Step, scrub
from newsletter.transport.replies import Malformed, Replies

TAIL = 2048
"""Octets that may follow the body in one write: the final dot and the next RSET, MAIL, RCPT and DATA."""


class Lost(Exception):  # what happens to a connection is not an error of ours
    """The connection is of no more use.  `text` is scrubbed; `reply` and its `step` say if the server wanted it so.

    `silent`: seconds for which nothing came that could be read, if that is what ended it.
    """

    def __init__(self, text: str, reply: Reply | None = None, step: Step | None = None, *, silent: float = 0.0) -> None:
        super().__init__(text)
        self.text = text
        self.reply = reply
        self.step = step
        self.silent = silent


class Wire(asyncio.BufferedProtocol):
    """A connection.  `reply()` gives one reply after the other, or raises `Lost`, then and ever after."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self.held = False  # more than TAIL octets are still in our own buffer: see `pause_writing`
        self.replies: deque[Reply] = deque()
        self._parser = Replies()
        # Of our own, for asyncio would allocate 256 KB for each answer of 60 octets; a view, for its TLS fills slices.
        self._buffer = memoryview(bytearray(4096))
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._seconds = self._deadline = self._silent = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def transport(self) -> asyncio.Transport:
        """What carries the octets."""
        assert self._transport is not None
        return self._transport

    @property
    def in_step(self) -> bool:
        """Whether the server has said nothing that it was not asked for, and is still there."""
        return self.lost is None and not self.replies and not self._parser.pending

    def secured(self, transport: asyncio.Transport) -> None:
        """Go on over `transport`, the same connection under TLS."""
        self.connection_made(transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # asyncio says BaseTransport and gives a Transport
        # With both marks at TAIL, `held` means that the final dot has certainly not left us.
        self.transport.set_write_buffer_limits(high=TAIL, low=TAIL)

    def pause_writing(self) -> None:
        self.held = True

    def resume_writing(self) -> None:
        self.held = False

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        for reply in self._parser.feed(bytes(self._buffer[:nbytes])):
            if isinstance(reply, Malformed):
                self.abort(f"unreadable answer: {reply.why}")
            else:
                self.replies.append(reply)
        if self.replies:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.lost is None:
            reason = getattr(exc, "strerror", None) or ("connection reset" if exc else "connection closed")
            self.lost = scrub(str(reason))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake()

    def write(self, data: bytes) -> None:
        """Send commands.  A connection that is gone swallows them; the next `reply` says so."""
        if self.lost is None:
            self.transport.write(data)

    def abort(self, why: str) -> None:
        """Drop the connection at once, whatever waits in its buffers."""
        if self.lost is None:
            self.lost = why
            if self._transport is not None:
                self._transport.abort()
            self._wake()

    async def reply(self, seconds: float) -> Reply:
        """Return the next reply.

        Raises
        Lost: it did not come within `seconds`, however many octets dripped in; or it cannot be read; or the connection
            is gone.  What was read whole before that is still given.
        """
        while not self.replies:
            if self.lost is not None:
                silent, self._silent = self._silent, 0.0  # said to whoever waited, not to those who come later
                raise Lost(self.lost, silent=silent)
            self._due(seconds)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.replies.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _due(self, seconds: float) -> None:
        # One timer a connection, moved only when it would come too late: a timer a reply costs more than the reply.
        self._seconds, self._deadline = seconds, monotonic() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        left = self._deadline - monotonic()
        if left > 0:
            self._timer = self._loop.call_at(self._deadline, self._tick)
        else:
            self._silent = self._seconds
            self.abort(f"no answer within {self._seconds:g} s")
