"""A command of `newsletter` started afresh, as an operator starts it; or out of the nursery, which takes less time.

Both are started by the same words and asked the same things, so that what a test does with a process, and with its
end, is the same however it began.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Child(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    @property
    def alive(self) -> bool:
        """Whether we have not yet heard of its end."""
        ...

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        ...

    def kill(self) -> None:
        """End it as a power cut does."""
        ...

    def end(self, seconds: float) -> int:
        """Wait for its end; return its exit code, negative for a signal."""
        ...


class Start(Protocol):
    """`Nursery.start`, or `Fresh`."""

    def __call__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        program: str = "",
        sockets: Sequence[socket.socket] = (),
    ) -> Child:
        """Start it with those settings; what it says is added to the log.

        `program` is Python that runs it another way, as to be killed at a chosen point; `sockets` listen, and each is
        handed over as `--socket`.
        """
        ...


class Fresh:
    """A command in a Python of its own, which imports what it needs."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        program: str = "",
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        numbers = [each.fileno() for each in sockets]
        run = ["-c", program] if program else ["-m", "newsletter.cli"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *run, *words, *(f"--socket={number}" for number in numbers)],
                env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=numbers,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether we have not yet heard of its end."""
        return self._process.returncode is None

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(10)

    def end(self, seconds: float) -> int:
        """Wait for its end; return its exit code, negative for a signal."""
        return self._process.wait(seconds)


def finish(child: Child, seconds: float) -> int:
    """Wait for a child's end and return its exit code; one that does not end is killed."""
    try:
        return child.end(seconds)
    finally:
        if child.alive:
            child.kill()
