"""The writer of one slice's ledger: what has gathered becomes one commit; outcomes survive a database that is away."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from newsletter.clock import Clock, monotonic
from newsletter.outcomes import Outcome, State
from newsletter.store import Database, DatabaseAway, DatabaseFault
from newsletter.store.batches import renew_lease
from newsletter.store.ledger import Ledger, Settled, open_ledger

PATIENCE = 60.0
"""Seconds for which outcomes are kept in hand while the database is away."""

GONE = float("-inf")
"""Since when a lease is held that is not."""

NOBODY: frozenset[int] = frozenset()


class Writer:
    """Writes for one worker, whose lease it keeps alive.  All but `lost` and `alive` belongs to one thread.

    `lost` says that the lease is gone, or the database: nothing more is written.  `kept` are outcomes that wait for
    the database.  `done(settled, unmarked)` is told what was written and which marks were not granted.
    """

    def __init__(
        self,
        database: Database,
        worker_id: int,
        *,
        lease_seconds: float,
        lease_since: float,
        clock: Clock,
        done: Callable[[Collection[int], Collection[int]], None],
    ) -> None:
        self.lost = False
        self.kept: dict[int, Settled] = {}
        self._database = database
        self._worker_id = worker_id
        self._lease_seconds = lease_seconds
        self._lease_since = lease_since
        self._clock = clock
        self._done = done
        self._ledger: Ledger | None = None
        self._written: tuple[Collection[int], Collection[int]] = ((), ())
        self._away_since: float | None = None

    @property
    def away(self) -> bool:
        """Whether the database does not answer just now: no dot, so there is no use in asking a server on."""
        return self._away_since is not None

    @property
    def alive(self) -> bool:
        """Whether the lease is certainly alive, by this machine's clock."""
        return monotonic() - self._lease_since < self._lease_seconds

    def write(self, marks: Collection[int], outcomes: Mapping[int, Settled]) -> frozenset[int]:
        """Commit marks, outcomes and what was kept; return the marks that were granted."""
        self.kept |= outcomes
        if self.lost or not (marks or self.kept):
            return NOBODY
        try:
            self._ledger = self._ledger or open_ledger(self._database)
            flushed = self._ledger.flush(self._worker_id, list(marks), self.kept, now=self._clock())
        except (DatabaseAway, DatabaseFault):
            self._wait_for_database(marks)
            return NOBODY
        self._away_since = None
        if not flushed.alive:
            self.lost = True
            return NOBODY
        settled, self.kept = self.kept, {}
        self._written = (settled.keys(), [id for id in marks if id not in flushed.marked])
        return flushed.marked

    def follow_up(self) -> None:
        """See to what follows from the last commit, and to the lease.

        A granted mark may be on the wire by now: a database that fails here takes nothing back.
        """
        written, self._written = self._written, ((), ())
        with suppress(DatabaseAway, DatabaseFault):
            if written[0] or written[1]:
                self._done(*written)
            if not self.lost and monotonic() - self._lease_since > self._lease_seconds / 3:
                self._renew()

    def close(self) -> None:
        """Give the ledger's connection back."""
        if self._ledger is not None:
            self._ledger.close()

    def _renew(self) -> None:
        since = monotonic()  # before the question: the lease is never thought to be longer than it is
        with self._database.transaction() as session:
            alive = renew_lease(session, self._worker_id, lease_seconds=self._lease_seconds)
        # A process that was frozen may come here before its marks are looked at: what is gone is not to seem alive.
        self._lease_since = since if alive else GONE
        self.lost = self.lost or not alive

    def _wait_for_database(self, marks: Collection[int]) -> None:
        if self._ledger is not None:
            self._ledger.abandon()
            self._ledger = None
        # No mark, no dot.  Whether these marks were committed nobody knows: nothing was sent for them, and once the
        # database is back that is written down like any outcome.
        self.kept = dict.fromkeys(marks, Settled(Outcome(State.QUEUED))) | self.kept
        self._away_since = self._away_since or monotonic()
        self.lost = self.lost or monotonic() - self._away_since > PATIENCE
