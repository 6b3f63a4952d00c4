"""The gate: where connections (async) meet the ledger (one writer, in a thread).

While one flush is out, marks and outcomes of all connections gather for the next; each flush is one commit.  What
gathers belongs to the event loop, what is being flushed to the writer's thread, and a queue lies between: no locks.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from queue import Empty, SimpleQueue

from newsletter.delivering.writer import NOBODY, Writer
from newsletter.outcomes import Outcome
from newsletter.store.ledger import Settled

LOOK = 1.0
"""Seconds after which the writer looks to its lease, and tries again to write what it keeps."""

Marks = dict[int, "asyncio.Future[bool]"]
Gathered = tuple[Marks, dict[int, Settled]]


class LedgerGate:
    """One slice's gate.  `rule` says what an outcome means for a delivery's record."""

    def __init__(self, writer: Writer, rule: Callable[[int, Outcome], Settled]) -> None:
        self._writer = writer
        self._rule = rule
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: Gathered = ({}, {})
        self._flushing = self._closed = False
        self._queue: SimpleQueue[Gathered | None] = SimpleQueue()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="ledger", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> bool:
        """Whether the lease is gone, or the database: nothing more is sent, and not every outcome was written."""
        return self._writer.lost

    def mark(self, id: int) -> "asyncio.Future[bool]":
        """Return what will be True once a committed, fenced record says that `id` is on the wire."""
        answer: asyncio.Future[bool] = self._running().create_future()
        if self.lost or self._closed:
            answer.set_result(False)
        else:
            self._gathered[0][id] = answer
            self._submit()
        return answer

    def settle(self, id: int, outcome: Outcome) -> None:
        """Take what became of `id`; it is committed with the next flush."""
        self._running()
        marks, outcomes = self._gathered
        outcomes[id] = self._rule(id, outcome)
        withdrawn = marks.pop(id, None)  # refused before its mark was written: the outcome is the last word
        if withdrawn is not None and not withdrawn.done():
            withdrawn.set_result(False)
        self._submit()

    def close(self) -> None:
        """Commit what has gathered and end the writer; raises what it stumbled over."""
        self._closed = True
        self._queue.put(({}, self._gathered[1]))
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _running(self) -> asyncio.AbstractEventLoop:
        """Return the loop, known before the first flush, whose end is said there: it may hold no mark at all."""
        self._loop = self._loop or asyncio.get_running_loop()
        return self._loop

    def _submit(self) -> None:
        if not self._flushing and not self._closed and any(self._gathered):
            self._flushing = True
            self._queue.put(self._gathered)
            self._gathered = ({}, {})

    def _flushed(self, marks: Marks, granted: Collection[int]) -> None:
        self._flushing = False
        self._submit()  # the next flush is out while the bodies of this one are written
        # A process that was frozen may wake up here, long after its lease: others have its rows by now.
        if granted and not self._writer.alive:
            self._writer.lost = True  # these rows say `sending`, and nothing is sent: the sweep must see to them
            granted = ()
        for id, answer in marks.items():
            if not answer.done():
                answer.set_result(id in granted)

    def _serve(self) -> None:
        """Write what is handed over, until the end: the writer's thread."""
        ending = False
        while not ending or (self._writer.kept and not self.lost):
            try:
                handed = self._queue.get(timeout=LOOK)
            except Empty:
                self._watched(lambda: self._writer.write((), {}))
            else:
                if handed is None:
                    ending = True
                    continue
                marks, outcomes = handed
                granted = self._watched(lambda: self._writer.write(marks.keys(), outcomes)) or NOBODY  # noqa: B023
                if self._loop is not None:
                    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                        self._loop.call_soon_threadsafe(self._flushed, marks, granted)
            self._watched(self._writer.follow_up)
        self._watched(self._writer.close)

    def _watched(self, act: Callable[[], frozenset[int] | None]) -> frozenset[int] | None:
        try:
            return act()
        except BaseException as error:  # whatever it is: the slice must hear of it, and nothing more be sent
            self._error = self._error or error
            self._writer.lost = True
            return None
