"""Windows for tests, with keys and a clock of their own."""

from datetime import UTC, datetime

from newsletter.keyfile import KID, Key
from newsletter.sealing import Keyring
from newsletter.windows import Windows

NOW = datetime(2026, 11, 2, 9, 0, 30, tzinfo=UTC)


class Ticks:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self._seconds = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self._seconds

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds


def ring(number: int = 1) -> Keyring:
    """Return keys that are the same in every process."""
    keys = [Key(bytes([number] * KID), bytes([number] * 32))]
    return Keyring({"seal": keys, "lookup": keys, "token": keys})


def opened(url: str, *, keys: Keyring | None = None, clock: Ticks | None = None) -> Windows:
    """Return windows at a broker."""
    return Windows(url, keys or ring(), clock=clock) if clock else Windows(url, keys or ring())
