"""`newsletter inbound` in a process of its own, on a port that nobody can take in between."""

import socket
from collections.abc import Mapping
from pathlib import Path

from tests.servers.handing import Handing
from tests.servers.starting import Child, Fresh, Start

DIES = """
import os, signal, sys
from newsletter.cli import keeping, main

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv.pop(1) == "before":
    real = keeping.receive
    keeping.receive = lambda *given, **named: (real(*given, **named), die())
else:
    keeping.bells.ring_for_received = die
main()
"""


class MailIn:
    """A port first; then `start`, as often as it is wanted."""

    def __init__(self, log: Path, start: Start = Fresh) -> None:
        self.log = log
        self._start = start
        self._process: Child | None = None
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])

    def start(self, environment: Mapping[str, str], *, dies: str = "") -> None:
        """Start it with those settings.

        `dies`: it kills itself `before` it commits the first mail, or `after` that and before it answers.
        """
        self._process = self._start(
            [dies, "inbound"] if dies else ["inbound"],
            {**environment, "NEWSLETTER_INBOUND_URL": f"lmtp://127.0.0.1:{self.port}"},
            log=self.log,
            program=DIES if dies else "",
            sockets=[self._listening],
        )

    def connect(self) -> Handing:
        """Connect to it; it need not be up yet."""
        return Handing(self.port)

    @property
    def process(self) -> Child:
        """The process that was started last."""
        assert self._process is not None
        return self._process

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        self.process.ask_to_stop()

    def end(self, seconds: float = 20) -> int:
        """Wait for its end; return its exit code."""
        return self.process.end(seconds)

    def remove(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.alive:
            self._process.kill()
        self._listening.close()
