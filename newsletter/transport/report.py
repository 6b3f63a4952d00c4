"""What one `deliver` came to."""

from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from newsletter.outcomes import Outcome, ServerOut, State
from newsletter.transport.envelope import Gate


@dataclass(frozen=True, slots=True)
class Report:
    """What one `deliver` came to.  `states` counts settled envelopes; `unmarked` those the gate said no to.

    By server: `outs` say why one refuses us, `unreachables` (scrubbed) why no connection could be had; once that holds
    for all of them, or after a stop, envelopes were settled `QUEUED`.  `answered`: servers that took or refused a
    message.  `connections` is the most that were open at one time.
    """

    states: Mapping[State, int]
    unmarked: int
    outs: Mapping[str, ServerOut]
    unreachables: Mapping[str, str]
    answered: frozenset[str]
    connections: int

    @property
    def out(self) -> ServerOut | None:
        """Why a server refuses us, if one does."""
        return next(iter(self.outs.values()), None)

    @property
    def unreachable(self) -> str:
        """Why a server cannot be reached, if one cannot."""
        return next(iter(self.unreachables.values()), "")


class Tally:
    """The caller's gate, counting what passes.  `unmarked` is counted by whoever is told so."""

    def __init__(self, gate: Gate) -> None:
        self.states: Counter[State] = Counter()
        self.unmarked = 0
        self._gate = gate

    def mark(self, id: int) -> Awaitable[bool]:
        return self._gate.mark(id)

    def settle(self, id: int, outcome: Outcome) -> None:
        self.states[outcome.state] += 1
        self._gate.settle(id, outcome)
