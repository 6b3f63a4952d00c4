"""Claims: the batches this slice has taken, the envelopes made of them, and when a batch is at its end."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.clock import Clock
from newsletter.delivering.addressing import Addressing
from newsletter.delivering.first_answers import FirstAnswers
from newsletter.delivering.pace import Paces
from newsletter.delivering.rules import settle
from newsletter.outcomes import Outcome, State
from newsletter.store import Database, Session
from newsletter.store.batches import Batch, claim, close_batch
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestState
from newsletter.store.ledger import Settled
from newsletter.store.letters import state_of_digest
from newsletter.store.open_deliveries import (
    OpenDelivery,
    count_due,
    open_deliveries,
    refuse_unsealable,
    skip_ineligible,
)
from newsletter.store.servers import ALL, room, spend
from newsletter.transport import Envelope

LONGEST_WAIT = 1.0
"""Seconds after which the pace is asked again at the latest: it may have been widened, or it is time to stop."""

WHILE_SOME_ARE_OUT = 0.1
"""Seconds until it is worth asking again: a batch of which the pace allowed a part comes back when that is through."""


class Claims:
    """The deliveries one slice has in hand.

    `halted` says that the digest was paused or cancelled in the middle: every mark would be refused.
    """

    def __init__(
        self,
        database: Database,
        letter_id: int,
        worker_id: int,
        *,
        addressing: Addressing,
        clock: Clock,
        resend: bool,
        enough: Callable[[], bool],
        first: FirstAnswers,
        paces: Paces,
        per_minute: int | None,
    ) -> None:
        self._database = database
        self._letter_id = letter_id
        self._worker_id = worker_id
        self._addressing = addressing
        self._clock = clock
        self._resend = resend
        self._enough = enough
        self._first = first
        self._paces = paces
        self._per_minute = per_minute
        self._in_hand: dict[int, tuple[OpenDelivery, Batch]] = {}
        self._left: dict[int, int] = {}
        self._lock = threading.Lock()
        self.halted = False

    def next(self) -> Sequence[Envelope] | float:
        """Claim a batch and return its envelopes, as many as the pace allows; or the seconds until it allows some.

        Empty when nothing is due, or it is time to stop.
        """
        while not self._enough():
            now = self._clock()
            with self._database.transaction() as session:
                most, wait = self._allowed(session)
                if most == 0:
                    return min(wait, LONGEST_WAIT)
                batch = claim(session, self._letter_id, worker_id=self._worker_id, now=now)
                if batch is None:
                    return WHILE_SOME_ARE_OUT if most is not None and self._left else []
                due = count_due(session, batch, now=now)
                if not due:
                    close_batch(session, batch, worker_id=self._worker_id)
                    continue
                if most is not None:
                    due = min(due, most)
                if self._per_minute is not None:
                    spend(session, ALL, self._per_minute, due)
            with self._database.reading() as session:  # after the commit, so that on SQLite others write meanwhile
                deliveries = open_deliveries(session, batch, now=now, limit=due)
            if not deliveries:  # they left in this moment
                self._give_back(batch)
                continue
            with self._lock:
                self._left[batch.id] = len(deliveries)
                self._in_hand.update({one.id: (one, batch) for one in deliveries})
            envelopes = self._addressing.envelopes(deliveries, now=now)
            self._refuse({one.id for one in deliveries} - {one.id for one in envelopes}, now)
            if envelopes:
                return envelopes
        return []

    def _allowed(self, session: Session) -> tuple[int | None, float]:
        most = self._paces.most()
        if self._per_minute is None:
            return most, 0.0
        allowed, wait = room(session, ALL, self._per_minute)
        return min(allowed, most or allowed), wait

    def _give_back(self, batch: Batch) -> None:
        with self._database.transaction() as session:
            close_batch(session, batch, worker_id=self._worker_id)

    def _refuse(self, unsealable: Collection[int], now: datetime) -> None:
        if unsealable:
            with self._database.transaction() as session:
                refuse_unsealable(session, list(unsealable), now=now)
            self.done(unsealable, ())

    def rule(self, id: int, outcome: Outcome) -> Settled:
        """Return what to write down for an outcome of a delivery in hand."""
        self._paces.note(outcome)
        delivery, _ = self._in_hand[id]
        if self._first.hold_back(outcome):
            outcome = replace(outcome, state=State.QUEUED, reason=None)
        return settle(delivery, outcome, now=self._clock(), resend=self._resend)

    def done(self, settled: Collection[int], unmarked: Collection[int]) -> None:
        """Take note of what has been committed; end batches that are through.

        A delivery whose mark was refused is no longer to be sent (its reader left: it is skipped with the reason), or
        not now (its digest was paused: it stays owed).
        """
        ended: list[Batch] = []
        with self._lock:
            for id in (*settled, *unmarked):
                _, batch = self._in_hand.pop(id)
                self._left[batch.id] -= 1
                if not self._left[batch.id]:
                    del self._left[batch.id]
                    ended.append(batch)
        if unmarked or ended:
            with self._database.transaction() as session:
                if unmarked:
                    skip_ineligible(session, DeliveryRow.id.in_(unmarked))
                    self.halted = state_of_digest(session, self._letter_id) is not DigestState.SENDING
                for batch in ended:
                    close_batch(session, batch, worker_id=self._worker_id)
