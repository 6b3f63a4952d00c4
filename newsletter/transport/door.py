"""Where connections come from: one knocks for all while the server is not known to answer."""

import asyncio
import math

from newsletter.clock import monotonic
from newsletter.transport.hand import Share
from newsletter.transport.opening import Features, open_wire
from newsletter.transport.server import Server
from newsletter.transport.wire import Lost, Wire

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between two knocks; doubled each time."""


class Door:
    """Opens connections to one server.  After a failure one at a time: a wrong password tried 64 times locks us out."""

    def __init__(self, server: Server, share: Share, patience: float) -> None:
        self.unreachable = ""
        self._server = server
        self._share = share
        self._patience = patience
        self._answers = False
        self._alone = asyncio.Lock()
        self._pause = FIRST_PAUSE
        self._failing_since: float | None = None
        self._failures = 0
        self._useful_at = -math.inf
        self._not_before = 0.0

    def useful(self) -> None:
        """Say that a connection has brought an envelope an answer."""
        self._pause = FIRST_PAUSE
        self._failing_since = None
        self._failures = 0
        self._useful_at = monotonic()

    def failed(self, lost: Lost, *, alone: bool, carried: bool = False) -> None:
        """Say that a connection could not be had or was good for nothing: the next waits a little longer.

        Closes the share when that has gone on for `patience` seconds, silence included, and this one was `alone`, with
        no other open.  Never for the first that `carried` an envelope: that may be why it was good for nothing.
        """
        now = monotonic()
        self._answers = False
        self._failures += 1
        self._failing_since = self._failing_since or max(now - lost.silent, self._useful_at)
        if now >= self._not_before:  # what ends many connections at once is one failure
            self._not_before = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        tried = self._failures > 1 or not carried
        if alone and tried and self._not_before > self._failing_since + self._patience:
            self.unreachable = self.unreachable or lost.text
            self._share.close()

    async def open(self) -> tuple[Wire, Features] | None:
        """Return a connection that is ready for transactions, or None if there is nothing left to open one for.

        Raises
        ServerOut: the server refuses us.
        Lost: no connection this time.
        """
        async with self._alone:
            while not self._answers and (wait := self._not_before - monotonic()) > 0 and not self._share.shut():
                await self._share.pause(wait)
            if not self._share.ready or self._share.shut():
                return None
            if not self._answers:
                opened = await self._knock()
                self._answers = True
                return opened
        return await self._knock()

    async def _knock(self) -> tuple[Wire, Features]:
        began = monotonic()
        knock = asyncio.ensure_future(open_wire(self._server))
        closed = asyncio.ensure_future(self._share.closed.wait())
        try:
            await asyncio.wait((knock, closed), return_when=asyncio.FIRST_COMPLETED)
            if knock.done():
                return knock.result()
        finally:
            knock.cancel()
            closed.cancel()
            late, _ = await asyncio.gather(knock, closed, return_exceptions=True)
        if isinstance(late, tuple):  # it opened while it was being called off
            late[0].abort("stopped")
        silent = monotonic() - began  # a slice may be shorter than a step: a server that says nothing must show still
        raise Lost(f"no answer within {silent:.0f} s" if silent > self._patience else "stopped", silent=silent)
