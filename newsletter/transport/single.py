"""One envelope, by itself: test sends and notes."""

from collections.abc import Sequence

from newsletter.outcomes import Outcome
from newsletter.transport.envelope import Envelope
from newsletter.transport.pool import Transport
from newsletter.transport.server import Server


class _Always:
    """A gate that grants and keeps the last outcome."""

    outcome: Outcome | None = None

    async def mark(self, id: int) -> bool:  # noqa: ARG002
        return True

    def settle(self, id: int, outcome: Outcome) -> None:  # noqa: ARG002
        self.outcome = outcome


def send_one(servers: Sequence[Server], envelope: Envelope) -> Outcome:
    """Send one envelope over a connection of its own and return what became of it; one try, no ledger.

    Of several servers, one that answers takes it.  `QUEUED` means that nothing was sent: no server is to be had, or
    they refuse us, as `text` says.
    """
    gate, given = _Always(), [[envelope], []]
    Transport(*servers, patience=0).deliver(lambda: given.pop(0), gate)
    assert gate.outcome is not None
    return gate.outcome
