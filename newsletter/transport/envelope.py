"""What goes on the wire, and the gate that stands before it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from newsletter.outcomes import Outcome


@dataclass(slots=True, repr=False)  # one is made for each message: freezing it would cost more than making it
class Envelope:
    """One message for one reader (RFC 5321 section 2.3.1).

    `segments` joined are the whole message with CRLF line ends: 7-bit, no line over 998 octets, no line that begins
    with a dot, a CRLF at the end.  Most segments are shared with every other reader of the letter.
    """

    id: int
    mail_from: str
    rcpt_to: str
    segments: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Octets of the message, for SIZE (RFC 1870)."""
        return sum(map(len, self.segments))


class Gate(Protocol):
    """Where an async room meets the ledger without knowing it: nothing passes the final dot unmarked."""

    def mark(self, id: int) -> Awaitable[bool]:
        """Give True once a committed, fenced record says that `id` is on the wire; False: send nothing for it."""
        ...

    def settle(self, id: int, outcome: Outcome) -> None:
        """Take what became of `id`; called once for each envelope, marked or not, unless `mark` said False."""
        ...


Source: TypeAlias = Callable[[], Sequence[Envelope] | float]
"""Gives the next envelopes, or the seconds after which to ask again; an empty answer means that there are no more.

May block: it is called in a thread."""
