"""What one `deliver` came to."""

from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from newsletter.outcomes import Outcome, ServerOut, State
from newsletter.transport.envelope import Gate


@dataclass(frozen=True, slots=True)
class Report:
    """What one `deliver` came to.  `states` counts settled envelopes; `unmarked` those the gate said no to.

    `out` is why the server refuses us, `unreachable` (scrubbed) why no connection could be had; with either, or after
    a stop, envelopes were settled `QUEUED`.  `connections` is the most that were open at one time.
    """

    states: Mapping[State, int]
    unmarked: int
    out: ServerOut | None
    unreachable: str
    connections: int


class Tally:
    """The caller's gate, counting what passes."""

    def __init__(self, gate: Gate) -> None:
        self.states: Counter[State] = Counter()
        self.unmarked = 0  # counted by whoever was told so
        self._gate = gate

    def mark(self, id: int) -> Awaitable[bool]:
        return self._gate.mark(id)

    def settle(self, id: int, outcome: Outcome) -> None:
        self.states[outcome.state] += 1
        self._gate.settle(id, outcome)
