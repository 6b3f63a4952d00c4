"""`newsletter inbound` in a process of its own, on a port that nobody can take in between."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.handing import Handing

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

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])

    def start(self, environment: Mapping[str, str], *, dies: str = "") -> None:
        """Start it with those settings.

        `dies`: it kills itself `before` it commits the first mail, or `after` that and before it answers.
        """
        program = ["-c", DIES, dies] if dies else ["-m", "newsletter.cli"]
        number = self._listening.fileno()
        place = {"NEWSLETTER_INBOUND_URL": f"lmtp://127.0.0.1:{self.port}"}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *program, "inbound", "--socket", str(number)],
                env={**os.environ, **environment, **place}, stdout=output, stderr=output, pass_fds=[number],
            )  # fmt: skip

    def connect(self) -> Handing:
        """Connect to it; it need not be up yet."""
        return Handing(self.port)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that was started last."""
        assert self._process is not None
        return self._process

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float = 20) -> int:
        """Wait for its end; return its exit code."""
        return self.process.wait(seconds)

    def remove(self) -> None:
        """End it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
        self._listening.close()
