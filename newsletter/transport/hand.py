"""The envelopes at hand: few, pulled from the source as they go, each owned by one place at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from newsletter.transport.envelope import Envelope


class Hand:
    """What connections take from.  Closed by `stop`, or by whoever finds that no more can be sent."""

    def __init__(self, stop: Callable[[], bool], few: int) -> None:
        self.ready: deque[Envelope] = deque()
        self.closed = asyncio.Event()
        self.low = asyncio.Event()
        self.waiting = 0
        self._stop = stop
        self._few = few
        self._ended = False
        self._news = asyncio.Event()

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Lay down what the source gave."""
        self.ready.extend(envelopes)
        self._laid()

    def give_back(self, envelope: Envelope) -> None:
        """Lay down an envelope for which nothing was sent; it is the next to go."""
        self.ready.appendleft(envelope)
        self._laid()

    def end(self) -> None:
        """Say that the source has no more."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Hand out no more."""
        self.closed.set()
        self.low.set()
        self._news.set()

    def shut(self) -> bool:
        """Return whether no more is handed out, having asked `stop`."""
        if not self.closed.is_set() and self._stop():
            self.close()
        return self.closed.is_set()

    def take_now(self) -> Envelope | None:
        """Return the next envelope, or None if there is none just now."""
        if not self.ready or self.shut():
            return None
        envelope = self.ready.popleft()
        if len(self.ready) <= self._few:
            self.low.set()
        return envelope

    async def take(self) -> Envelope | None:
        """Return the next envelope as soon as there is one; None: there will be no more."""
        while await self.some():
            envelope = self.take_now()
            if envelope is not None:
                return envelope
        return None

    async def some(self) -> bool:
        """Wait until there is an envelope; False: there will be no more."""
        while not self.shut():
            if self.ready or self._ended:
                return bool(self.ready)
            self._news.clear()
            self.waiting += 1
            try:
                await self._news.wait()
            finally:
                self.waiting -= 1
        return False

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the hand is closed."""
        try:
            async with asyncio.timeout(seconds):
                await self.closed.wait()
        except TimeoutError:
            return

    def _laid(self) -> None:
        if len(self.ready) > self._few:
            self.low.clear()
        else:
            self.low.set()
        self._news.set()
