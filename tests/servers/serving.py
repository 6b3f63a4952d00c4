"""The pages in a process of their own, as `newsletter web` serves them, on a port that nobody can take in between."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.pages import Outside
from tests.servers.watching import until


class Serving(Outside):
    """A port first, so that settings can name it; then `start` with them."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(*self._listening.getsockname())

    def start(self, environment: Mapping[str, str], log: Path) -> None:
        """Start the process, and wait until a page comes."""
        number = self._listening.fileno()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "newsletter.web", str(number)],
                env={**os.environ, **environment}, stdout=output, stderr=output, pass_fds=[number],
            )  # fmt: skip
        until(lambda: self.ask("/healthz").status == 200, 60)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self._listening.close()
