"""The notes that one run has in hand: where they come from, and the gate before their dot.

They are few, and somebody waits for each, so every mark and every outcome is a commit of its own.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from newsletter.clock import Clock, monotonic
from newsletter.delivering.note_rules import settle
from newsletter.delivering.note_writing import WRITERS, NoteWriting
from newsletter.outcomes import Outcome, Reason, State
from newsletter.sealing import Unsealable
from newsletter.store import Database, DatabaseAway, DatabaseFault
from newsletter.store.notes import OwedNote, claim_note, mark_note, renew_notes, settle_note
from newsletter.store.notices import add_notice
from newsletter.store.servers import ALL, spend
from newsletter.transport import Envelope

log = logging.getLogger(__name__)

SLOW = 1.0
"""Seconds after which a note whose recipient the server has not accepted yet keeps the next waiting no longer."""

LOOK = 0.1
"""Seconds between two looks for a reason to end."""


class NoteClaims:
    """The source and the gate of one run; as a context it keeps its lease alive.

    `lost` says that this process was silent for longer than its lease: what it has in hand may be another's by now.
    """

    def __init__(
        self,
        database: Database,
        writing: NoteWriting,
        *,
        clock: Clock,
        lease_seconds: float,
        connections: int,
        limits: Mapping[str, int | None],
        per_minute: int | None,
        rung: threading.Event,
        linger: float,
        enough: Callable[[], bool],
    ) -> None:
        self.lost = False
        self.readers_wait = False
        """Whether a note to a reader could not be sent because there was no server for it."""
        self._database = database
        self._writing = writing
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._lease_since = monotonic()
        self._connections = connections
        self._limits = limits
        self._per_minute = per_minute
        self._rung = rung
        self._linger = linger
        self._enough = enough
        self._holder = secrets.randbits(63)
        self._in_hand: dict[int, OwedNote] = {}
        self._begun: set[int] = set()  # those of them that are not marked yet
        self._moved = threading.Event()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="notes", daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._heart.join()

    def next(self) -> Sequence[Envelope]:
        """Claim a note and return its envelope; waits for the bell, and returns none when it has been still.

        One at a time, and only when a connection is free for it: laid down earlier, it could be begun behind the dot of
        another, and would wait for that one's answer however long it takes.
        """
        self._wait_for_a_connection()
        until = monotonic() + self._linger
        while True:
            self._rung.clear()  # before the look: who rings from here on is heard
            if self._over():
                return []
            note = self._claim()
            envelope = note and self._envelope(note)
            if envelope:
                return [envelope]
            while not note and not self._rung.wait(min(LOOK, self._linger)):
                if self._over() or monotonic() >= until:
                    return []

    async def mark(self, id: int) -> bool:
        """Return True once it is committed that `id` is on the wire.

        It is committed here, in the loop: while the database does not take it, no other note could be sent either.
        """
        with self._database.transaction() as session:
            granted = mark_note(session, id, self._holder, now=self._clock())
        # A process that was frozen may wake up here, long after its lease: others have its notes by now.
        granted = granted and not self.lost and monotonic() - self._lease_since < self._lease_seconds
        if not granted:
            del self._in_hand[id]
        self._begun.discard(id)
        self._moved.set()
        return granted

    def settle(self, id: int, outcome: Outcome) -> None:
        """Commit what became of `id`."""
        note, now = self._in_hand.pop(id), self._clock()
        self._begun.discard(id)
        self._moved.set()
        if outcome.state is State.QUEUED and outcome.text and not note.is_operators:
            self.readers_wait = True
        with self._database.transaction() as session:
            settle_note(session, id, self._holder, settle(note, outcome, now=now), now=now)
            limit = self._limits.get(outcome.server)
            if limit is not None and outcome.code is not None:
                spend(session, outcome.server, limit, 1)

    def _over(self) -> bool:
        return self.lost or self._enough()

    def _wait_for_a_connection(self) -> None:
        since = monotonic()
        while not self._over():
            self._moved.clear()
            slow = monotonic() - since > SLOW
            if len(self._in_hand) < self._connections and (slow or not self._begun):
                return
            self._moved.wait(LOOK)

    def _claim(self) -> OwedNote | None:
        with self._database.transaction() as session:
            note = claim_note(
                session,
                self._holder,
                kinds=WRITERS.keys(),
                now=self._clock(),
                lease_seconds=self._lease_seconds,
            )
            if note is None:
                return None
            if self._per_minute is not None:
                spend(session, ALL, self._per_minute, 1)  # notes do not wait for a pace: letters make room
        self._begun.add(note.id)
        self._in_hand[note.id] = note
        return note

    def _envelope(self, note: OwedNote) -> Envelope | None:
        try:
            return self._writing.envelope(note, now=self._clock())
        except Unsealable:
            self.settle(note.id, Outcome(State.REFUSED, Reason.UNSEALABLE))
            with self._database.transaction() as session:
                text = f"a note ({note.kind}): its sealed address cannot be opened"
                add_notice(session, "unsealable", now=self._clock(), text=text)
        except Exception:
            # Whatever is wrong with it, or with its template, is not to stop the others.
            log.exception("a note (%s) could not be written", note.kind)
            self.settle(note.id, Outcome(State.DEFERRED, text="could not be written; see the log"))
        return None

    def _beat(self) -> None:
        while not self._ended.wait(self._lease_seconds / 3):
            since = monotonic()  # before the question: the lease is never thought to be longer than it is
            if since - self._lease_since > self._lease_seconds:
                self.lost = True
                return
            try:
                if self._in_hand:
                    with self._database.transaction() as session:
                        renew_notes(session, self._holder, lease_seconds=self._lease_seconds)
                self._lease_since = since
            except (DatabaseAway, DatabaseFault):
                continue
