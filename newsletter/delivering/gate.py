"""The gate: where connections (async) meet the ledger (one writer, in a thread, that gathers).

While one flush is out, marks and outcomes of all connections gather for the next; each flush is one commit.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from newsletter.clock import Clock, monotonic
from newsletter.outcomes import Outcome, State
from newsletter.store import Database, DatabaseAway, DatabaseFault
from newsletter.store.batches import renew_lease
from newsletter.store.ledger import Ledger, Settled, open_ledger

PATIENCE = 60.0
"""Seconds for which outcomes are kept in hand while the database is away."""

Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[bool]"]


class LedgerGate:
    """One slice's gate.  `done(ids, unmarked)` is told after each commit what was settled and what may not be sent.

    `lost` says that the lease is gone, or the database: nothing more is sent, and not every outcome was written.
    """

    def __init__(
        self,
        database: Database,
        worker_id: int,
        *,
        lease_seconds: float,
        lease_since: float,
        clock: Clock,
        rule: Callable[[int, Outcome], Settled],
        done: Callable[[Collection[int], Collection[int]], None],
    ) -> None:
        self._database = database
        self._worker_id = worker_id
        self._lease_seconds = lease_seconds
        self._lease_since = lease_since
        self._clock = clock
        self._rule = rule
        self._done = done
        self._marks: dict[int, Waiting] = {}
        self._outcomes: dict[int, Settled] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._away_since: float | None = None
        self._error: BaseException | None = None
        self._ended = False
        self.lost = False
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    async def mark(self, id: int) -> bool:
        """Return True once a committed, fenced record says that `id` is on the wire."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        with self._lock:
            if self.lost or self._ended:
                return False
            self._marks[id] = (loop, answer)
        self._wake.set()
        return await answer

    def settle(self, id: int, outcome: Outcome) -> None:
        """Take what became of `id`; it is committed with the next flush."""
        settled = self._rule(id, outcome)
        with self._lock:
            self._outcomes[id] = settled
            withdrawn = self._marks.pop(id, None)  # refused before its mark was written: the outcome is the last word
        if withdrawn is not None:
            self._answer({id: withdrawn}, ())
        self._wake.set()

    def close(self) -> None:
        """Commit what has gathered and end the writer; raises what the writer stumbled over."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _write(self) -> None:
        ledger: Ledger | None = None
        marks: dict[int, Waiting] = {}
        try:
            while not self.lost and not (self._closing and not self._marks and not self._outcomes):
                self._wake.wait(timeout=self._lease_seconds / 3)
                self._wake.clear()
                with self._lock:
                    marks, self._marks = self._marks, {}
                    outcomes, self._outcomes = self._outcomes, {}
                try:
                    ledger = ledger or open_ledger(self._database)
                    flushed = self._flush(ledger, marks, outcomes)
                    self._away_since = None
                except (DatabaseAway, DatabaseFault):
                    if ledger is not None:
                        ledger.abandon()
                    ledger = None
                    self._wait_for_database(marks, outcomes)
                    continue
                # From here on a granted mark may be on the wire: nothing that fails may take it back.
                with suppress(DatabaseAway, DatabaseFault):
                    if not self.lost:
                        self._done(outcomes.keys(), marks.keys() - flushed)
                    self._renew_if_due()
        except BaseException as error:
            self._error = error
            self.lost = True
            self._answer(marks, ())
        finally:
            self._end()
            if ledger is not None:
                ledger.close()

    def _flush(self, ledger: Ledger, marks: Mapping[int, Waiting], outcomes: Mapping[int, Settled]) -> Collection[int]:
        if not marks and not outcomes:
            return ()
        flushed = ledger.flush(self._worker_id, list(marks), outcomes, now=self._clock())
        self.lost = self.lost or not flushed.alive  # once lost, always: the loop's thread may have said so meanwhile
        self._answer(marks, flushed.marked)
        return flushed.marked

    def _renew_if_due(self) -> None:
        if not self.lost and monotonic() - self._lease_since > self._lease_seconds / 3:
            since = monotonic()  # before the question: the lease is never thought to be longer than it is
            with self._database.transaction() as session:
                alive = renew_lease(session, self._worker_id, lease_seconds=self._lease_seconds)
            self.lost = self.lost or not alive
            self._lease_since = since

    def _wait_for_database(self, marks: Mapping[int, Waiting], outcomes: Mapping[int, Settled]) -> None:
        # No mark, no dot.  Whether these marks were committed nobody knows: nothing was sent for them, and once the
        # database is back that is written down like any outcome.
        self._answer(marks, ())
        with self._lock:
            self._outcomes = {**dict.fromkeys(marks, Settled(Outcome(State.QUEUED))), **outcomes, **self._outcomes}
        self._away_since = self._away_since or monotonic()
        self.lost = self.lost or monotonic() - self._away_since > PATIENCE
        self._wake.wait(timeout=0.5)
        self._wake.set()

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            marks, self._marks = self._marks, {}
        self._answer(marks, ())

    def _answer(self, waiting: Mapping[int, Waiting], granted: Collection[int]) -> None:
        if waiting:
            loop = next(iter(waiting.values()))[0]
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._resolve, waiting, granted)

    def _resolve(self, waiting: Mapping[int, Waiting], granted: Collection[int]) -> None:
        # A process that was frozen may wake up here, long after its lease: others have its rows by now.
        alive = monotonic() - self._lease_since < self._lease_seconds
        if granted and not alive:
            self.lost = True  # these rows say `sending`, and nothing is sent: the sweep must see to them
        for id, (_, answer) in waiting.items():
            if not answer.done():
                answer.set_result(alive and id in granted)
