"""Workers in processes of their own, as an operator runs them, to be killed, frozen and replaced."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

READERS = 2000
CONNECTIONS = 4
SHORT_LEASE = {"LEASE_SECONDS": "5", "SMTP_CONNECTIONS": str(CONNECTIONS), "BATCH_SIZE": "100", "SLICE_SECONDS": "60"}
"""A send that is long enough to break off in the middle, and workers that are soon known to be dead."""

JOBS = {"worker": ("worker", "--concurrency", "1"), "many at once": ("worker",), "beat": ("beat",)}


class Worker:
    """One `newsletter worker`, a single process that has one slice at a time, or one `newsletter beat`."""

    def __init__(self, job: str, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "newsletter.cli", *JOBS[job]],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
            )

    def freeze(self) -> None:
        """Stop it where it stands."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a frozen one go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End it as an operator does; return its exit code."""
        self._process.terminate()
        return self._process.wait(timeout=60)
