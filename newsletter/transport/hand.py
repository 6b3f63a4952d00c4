"""The envelopes at hand: few, pulled from the source as they go; and the share of them that each server gets."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable

from newsletter.clock import monotonic
from newsletter.transport.envelope import Envelope

STALLED = 2.0
"""Seconds after which a server whose turn it is, and that takes nothing, keeps the others waiting no longer."""


class Hand:
    """What all servers' connections take from, each through its server's share.

    Closed by `stop`, or when no share is open any more.
    """

    def __init__(self, stop: Callable[[], bool], few: int) -> None:
        self.ready: deque[Envelope] = deque()
        self.closed = asyncio.Event()
        self.low = asyncio.Event()
        self.ended = False
        self.shares: list[Share] = []
        self._stop = stop
        self._few = few

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Lay down what the source gave."""
        self.ready.extend(envelopes)
        self._laid()

    def give_back(self, envelope: Envelope) -> None:
        """Lay down an envelope for which nothing was sent; it is the next to go, by whichever server."""
        self.ready.appendleft(envelope)
        self._laid()

    def take(self) -> Envelope:
        """Return the next envelope; there must be one."""
        envelope = self.ready.popleft()
        if len(self.ready) <= self._few:
            self.low.set()
            if self.ended and not self.ready:
                self.news()  # for those who wait for more
        return envelope

    def end(self) -> None:
        """Say that the source has no more."""
        self.ended = True
        self.news()

    def close(self) -> None:
        """Hand out no more, to nobody."""
        if not self.closed.is_set():
            self.closed.set()
            self.low.set()
            for share in self.shares:
                share.close()

    def shut(self) -> bool:
        """Return whether no more is handed out, having asked `stop`."""
        if not self.closed.is_set() and self._stop():
            self.close()
        return self.closed.is_set()

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the hand is closed."""
        await _pause(self.closed, seconds)

    def news(self) -> None:
        """Wake who waits and may have something now."""
        for share in self.shares:
            share.wake()

    def _laid(self) -> None:
        if len(self.ready) > self._few and not self.closed.is_set():
            self.low.clear()
        else:
            self.low.set()
        self.news()


class Share:
    """What the connections of one server take from: as its pace, its weight and its health allow.

    With weights, the server that has taken least for its weight is next, so that their counts stay in proportion; one
    that cannot take (not open yet, out, stalled, at the end of its ration) is not waited for, and has no arrears later.
    `ration` is how many more it may take until it is given more.
    """

    def __init__(self, hand: Hand, weight: float | None) -> None:
        self.closed = asyncio.Event()
        self.hungry = asyncio.Event()
        self.ration = math.inf
        self.few = 0.0  # below this it is time to ask for more
        self.waiting = 0
        self._hand = hand
        self._weight = weight
        self._taken = 0.0  # for its weight
        self._counts = False
        self._last = monotonic()
        self._waiters: deque[asyncio.Future[None]] = deque()
        hand.shares.append(self)

    @property
    def ready(self) -> bool:
        """Whether there is an envelope for this server now."""
        return bool(self._hand.ready) and self.ration >= 1 and self._is_next()

    def take_now(self) -> Envelope | None:
        """Return the next envelope, or None if there is none for this server just now."""
        if not self.ready or self.shut():
            return None
        self.ration -= 1
        if self.ration <= self.few:
            self.hungry.set()
        envelope = self._hand.take()
        if self._weight is not None:
            self._note(self._weight)
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
            if self.ready:
                return True
            if self._hand.ended and not self._hand.ready:
                return False
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self.waiting += 1
            try:
                await waiter
            finally:
                self.waiting -= 1
        return False

    def give_back(self, envelope: Envelope) -> None:
        """Lay down an envelope for which nothing was sent."""
        self.ration += 1
        self._hand.give_back(envelope)

    def add_ration(self, more: float) -> None:
        """Let the server take so many more."""
        self.ration += more
        if self.ration > self.few:
            self.hungry.clear()
        self._hand.news()

    def wake(self) -> None:
        """Wake those who wait, as many as may find something; each looks for itself."""
        nothing_more = self.closed.is_set() or (self._hand.ended and not self._hand.ready)
        most = len(self._waiters) if nothing_more else min(len(self._hand.ready), self.ration) if self.ready else 0
        while self._waiters and most > 0:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                most -= 1

    def close(self) -> None:
        """Hand this server no more; the last one closes the hand."""
        if not self.closed.is_set():
            self.closed.set()
            self.hungry.set()
            self._counts = False
            if all(share.closed.is_set() for share in self._hand.shares):
                self._hand.close()
            self._hand.news()

    def shut(self) -> bool:
        """Return whether this server gets no more, having asked whether all is to stop."""
        return self.closed.is_set() or self._hand.shut()

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until this share is closed."""
        await _pause(self.closed, seconds)

    def check_stalled(self) -> None:
        """Let the others go on if it is this server's turn and it has long taken nothing."""
        if self._counts and self._is_next() and self._hand.ready and monotonic() - self._last > STALLED:
            self._counts = False
            self._hand.news()

    def _is_next(self) -> bool:
        if self._weight is None:
            return True
        return all(self._taken <= other._taken for other in self._hand.shares if other._counts and other.ration >= 1)

    def _note(self, weight: float) -> None:
        if not self._counts:
            counting = [other._taken for other in self._hand.shares if other._counts]
            self._taken = max(self._taken, min(counting, default=self._taken))
            self._counts = True
        self._taken += 1 / weight
        self._last = monotonic()
        if len(self._hand.shares) > 1:
            self._hand.news()


async def _pause(closed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closed.wait()
    except TimeoutError:
        return
