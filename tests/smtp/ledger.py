"""A gate for tests: keeps what a ledger keeps, and objects to what a ledger would."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from newsletter.outcomes import Outcome, State
from newsletter.transport import Envelope, Source

LETTER = b"Subject: The week\r\n\r\n" + b"A paragraph of the letter.\r\n" * 40


def envelope(id: int, name: str, letter: bytes = LETTER) -> Envelope:
    """A message for `name@example.org`."""
    to = f"{name}@example.org"
    return Envelope(id, f"bounce-{id}@news.example", to, (f"To: <{to}>\r\n".encode(), letter))


def source(envelopes: Iterable[Envelope], batch: int = 1000) -> Source:
    """Give `envelopes`, so many at a time."""
    left = list(envelopes)

    def give() -> Sequence[Envelope]:
        given, left[:batch] = left[:batch], []
        return given

    return give


class RecordingGate:
    """Grants unless `denies`; waits for `until` before it does.  Fails on a second mark or a second outcome."""

    def __init__(
        self, *, denies: Callable[[int], bool] = lambda id: False, delay: float = 0.0, most: int | None = None
    ) -> None:
        self.marked: set[int] = set()
        self.outcomes: dict[int, Outcome] = {}
        self.denied: set[int] = set()
        self.on_the_wire = 0
        self._denies = denies
        self._delay = delay
        self._most = most

    async def mark(self, id: int) -> bool:
        assert id not in self.marked | self.outcomes.keys(), "marked or settled before"
        if self._delay:
            await asyncio.sleep(self._delay)
        if self._denies(id):
            self.denied.add(id)
            return False
        self.marked.add(id)
        self.on_the_wire += 1
        assert self._most is None or self.on_the_wire <= self._most, "more marks than connections"
        return True

    def settle(self, id: int, outcome: Outcome) -> None:
        assert id not in self.outcomes.keys() | self.denied, "settled before"
        assert outcome.state not in (State.SENT, State.DOUBTFUL) or id in self.marked, "no mark, no dot"
        self.outcomes[id] = outcome
        self.on_the_wire -= id in self.marked
