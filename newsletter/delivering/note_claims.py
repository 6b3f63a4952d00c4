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
from newsletter.delivering.note_writing import WRITERS, DigestGone, NoteWriting
from newsletter.outcomes import Outcome, Reason, State
from newsletter.sealing import Unsealable
from newsletter.store import Database, DatabaseAway, DatabaseFault
from newsletter.store.notes import OwedNote, claim_notes, mark_note, renew_notes, settle_note
from newsletter.store.notices import add_notice
from newsletter.store.servers import ALL, spend
from newsletter.transport import Envelope

log = logging.getLogger(__name__)

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
        self._rung.set()  # the first look waits for no bell
        self._linger = linger
        self._enough = enough
        self._holder = secrets.randbits(63)
        self._in_hand: dict[int, OwedNote] = {}
        self._quiet_since: float | None = monotonic()  # None: something was in hand at the last look
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="notes", daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._heart.join()

    def next(self) -> Sequence[Envelope] | float:
        """Claim the notes that are due and return their envelopes; else, after a wait for the bell, 0.0: ask again.

        Empty once nothing has been in hand, and the bell been still, for `linger` seconds.  Never is more in hand than
        there are connections: what is due besides is free for others.
        """
        if self._over():
            return []
        if self._rung.wait(LOOK):
            self._rung.clear()  # before the look: who rings from here on is heard
            envelopes = [envelope for note in self._claim() if (envelope := self._envelope(note))]
            if envelopes:
                return envelopes
        if self._in_hand:
            self._quiet_since = None
        elif self._quiet_since is None:  # not the end yet: whoever was settled rings, and may not have come to that
            self._quiet_since = monotonic()
        elif monotonic() - self._quiet_since >= self._linger:
            return []
        return 0.0

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
            self._rung.set()  # its connection is free for the next
        return granted

    def settle(self, id: int, outcome: Outcome) -> None:
        """Commit what became of `id`."""
        note, now = self._in_hand.pop(id), self._clock()
        if outcome.state is State.QUEUED and outcome.text and not note.is_operators:
            self.readers_wait = True
        with self._database.transaction() as session:
            settle_note(session, id, self._holder, settle(note, outcome, now=now), now=now)
            limit = self._limits.get(outcome.server)
            if limit is not None and outcome.code is not None:
                spend(session, outcome.server, limit, 1)
        self._rung.set()  # its connection is free for the next

    def _over(self) -> bool:
        return self.lost or self._enough()

    def _claim(self) -> list[OwedNote]:
        free = self._connections - len(self._in_hand)
        if not free:
            return []  # whoever is settled rings
        with self._database.transaction() as session:
            notes = claim_notes(
                session,
                self._holder,
                kinds=WRITERS.keys(),
                most=free,
                now=self._clock(),
                lease_seconds=self._lease_seconds,
            )
            if notes and self._per_minute is not None:
                spend(session, ALL, self._per_minute, len(notes))  # notes do not wait for a pace: letters make room
        self._in_hand.update({note.id: note for note in notes})
        return notes

    def _envelope(self, note: OwedNote) -> Envelope | None:
        try:
            return self._writing.envelope(note, now=self._clock())
        except Unsealable:
            self.settle(note.id, Outcome(State.REFUSED, Reason.UNSEALABLE))
            with self._database.transaction() as session:
                text = f"a note ({note.kind}): its sealed address cannot be opened"
                add_notice(session, "unsealable", now=self._clock(), text=text)
        except DigestGone:
            self.settle(note.id, Outcome(State.SKIPPED, Reason.CANCELLED))
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
