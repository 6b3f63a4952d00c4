"""The scripted server in a process of its own, seen from a test: one script after the other, each on its own port.

It shares neither interpreter nor memory with the sender under test, and ends with whoever started it.
"""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.smtp.script import Script
from tests.smtp.server import Record

CHECKOUT = Path(__file__).parents[2]


class Stage:
    """The process; it plays one script at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.smtp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
            start_new_session=True,
        )
        self.port = 0

    @contextmanager
    def playing(self, play: Script) -> Iterator[None]:
        """Serve `play` on a free port of 127.0.0.1."""
        self.port = self._order("play", play)
        try:
            yield
        finally:
            self._order("end")

    def turn(self, play: Script) -> None:
        """Meet those who come from now on with this script, on the same port."""
        self._order("turn", play)

    @property
    def record(self) -> Record:
        """What it has seen so far."""
        seen: Record = self._order("tell")
        return seen

    def close(self) -> None:
        """End the process."""
        self._process.communicate()  # closes its stdin, which is what it waits for

    def _order(self, word: str, play: Script | None = None) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump((word, play), self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)
