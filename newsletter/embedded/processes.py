"""Child processes: started bound to this one, their output in a log each, stopped together.

Start them from the main thread only: the kernel ties a child to the *thread* that started it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from newsletter.clock import monotonic
from newsletter.errors import NewsletterError

KEEPER = Path(__file__).with_name("keeper.py")
LOG_BYTES = 5_000_000
"""A log larger than this is put aside as `<name>.log.1` at the next start."""


class ProcessDied(NewsletterError):
    """A child ended that should not have; the text holds the last lines of its log."""


class Process:
    """A command that runs until it is stopped, and never longer than this process."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        grace: float = 10,
        keeps_open: Sequence[int] = (),
    ) -> None:
        """Start it.  Without `log` it writes where this process writes; `grace` is seconds between TERM and KILL."""
        self.name = name
        self.log = log
        self.grace = grace
        self.started = monotonic()
        output = None if log is None else _open_log(log)
        try:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", KEEPER, str(os.getpid()), str(grace), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                cwd=directory,
                env=None if environment is None else dict(environment),
                # Ctrl-C reaches this process alone, which stops its children in order.
                start_new_session=True,
                pass_fds=keeps_open,
            )
        finally:
            if output is not None:
                os.close(output)

    @property
    def pid(self) -> int:
        """The keeper's process id: a signal sent to it reaches the command."""
        return self._keeper.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 128 + signal if a signal ended it."""
        return self._keeper.poll()

    def wait(self, timeout: float) -> int | None:
        """Wait for the end, at most `timeout` seconds, and return the exit code, or None if it still runs."""
        with suppress(subprocess.TimeoutExpired):
            return self._keeper.wait(timeout)
        return None

    def ask_to_stop(self) -> None:
        """Send SIGTERM; after `grace` seconds the keeper kills."""
        if self.exit_code is None:
            self._keeper.terminate()

    def stop(self) -> None:
        """Stop it and wait until it has gone, with everything it started."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._keeper.wait(self.grace + 5)
            return
        self._keeper.kill()
        self._keeper.wait()

    def last_lines(self, count: int = 12) -> str:
        """Return the end of its log."""
        if self.log is None:
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8192))
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-count:])

    def obituary(self) -> str:
        """Say that it died and how, with the last lines of its log."""
        lines = [f"{self.name} ended with exit code {self.exit_code}."]
        if self.log is not None:
            lines.append(f"The end of {self.log}:")
            lines += [f"  {line}" for line in self.last_lines().splitlines()]
        return "\n".join(lines)


def _open_log(log: Path) -> int:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def stop_all(processes: Sequence[Process]) -> None:
    """Stop them side by side: each has its own grace, and the wait is the longest of them."""
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.stop()
