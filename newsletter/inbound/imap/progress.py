"""How far a folder has been looked through: in order, each mail once, and a mail that makes trouble three times."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

TRIES = 3
AGAIN_SECONDS = 6 * 60 * 60.0
"""After this a mail that was given up is tried again: it may have been the server's fault, or ours."""

BATCH = 100


@dataclass(slots=True)
class Progress:
    """UIDs only grow, as long as UIDVALIDITY stays the same (RFC 3501 section 2.3.1.1).

    `first` is the lowest UID that was never looked at; `tries` has those that were begun and never brought to an end.
    """

    epoch: object = None
    first: int = 1
    tries: dict[int, int] = field(default_factory=dict)
    _again_at: float = 0.0

    def enter(self, epoch: object, now: float) -> None:
        """Begin a round; all is forgotten if the UIDs mean other mails than before, or if that cannot be known."""
        if epoch is None or epoch != self.epoch:
            self.epoch, self.first, self.tries = epoch, 1, {}
            self._again_at = now + AGAIN_SECONDS
        elif now >= self._again_at:
            self.tries = dict.fromkeys(self.tries, 0)
            self._again_at = now + AGAIN_SECONDS

    def batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
        """Yield what is to be looked at, each mail begun: those that made trouble alone, and first."""
        waiting = deque([uid] for uid, tries in sorted(self.tries.items()) if tries < TRIES)
        waiting.extend(list(uids[place : place + BATCH]) for place in range(0, len(uids), BATCH))
        for batch in waiting:
            self.first = max(self.first, batch[-1] + 1)
            for uid in batch:
                self.tries[uid] = self.tries.get(uid, 0) + 1
            yield batch

    def end(self, uid: int) -> None:
        """A mail is done with."""
        self.tries.pop(uid, None)

    def excuse(self, uids: Sequence[int]) -> None:
        """It was no mail's fault that these were not brought to an end."""
        self.tries.update({uid: self.tries[uid] - 1 for uid in uids if uid in self.tries})

    def is_given_up(self, uid: int) -> bool:
        """Whether a mail has made trouble too often."""
        return self.tries.get(uid, 0) >= TRIES
