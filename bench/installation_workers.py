"""Workers of an installation: started as an operator starts them, and watched from outside."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.installation import Installation
from newsletter.embedded.processes import Process, stop_all

START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


class Watched:
    """A command that is kept by a keeper: what it and all it started use, read from /proc (Linux)."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        return sum(float(_stat(pid)[place]) for pid in self._below() for place in (11, 12)) / TICKS

    def peak(self) -> float:
        """Return the most memory that was ever resident, in MB, the sum over its processes."""
        sizes = (Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0] for pid in self._below())
        return sum(int(size) for size in sizes) / 1024

    def check(self, deadline: float | None = None) -> None:
        """Raise SystemExit, with the end of its log, if it has ended, or is not ready in time (monotonic clock)."""
        if self._process.exit_code is not None:
            raise SystemExit(self._process.obituary())
        if deadline is not None and time.monotonic() > deadline:
            raise SystemExit(f"{self._process.name} takes too long:\n{self._process.last_lines()}")

    def _below(self) -> list[int]:
        parents: dict[int, int] = {}
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parents[int(path.name)] = int(_stat(int(path.name))[1])
        found, known = [], {self._process.pid}
        while more := {pid for pid, parent in parents.items() if parent in known} - known:
            found += sorted(more)
            known |= more
        return found


@contextmanager
def workers(site: Installation, url: str, number: int, **settings: object) -> Iterator[Sequence[Watched]]:
    """Run that many workers; each has done a task when they are given: what is opened at first use is open.

    A worker takes several tasks at once, so that one could take the seats of all: of several each takes one.
    """
    words = ["-m", "newsletter.cli", "worker"] + (["--concurrency", "1"] if number > 1 else [])
    logs = [site.folder / "log" / f"worker-{place}.log" for place in range(number)]
    for log in logs:
        log.unlink(missing_ok=True)
    environment = site.environment(url, slices_per_letter=number, **settings)
    crew = [Process("worker", [sys.executable, *words], log=log, environment=environment, grace=40) for log in logs]
    watched = [Watched(process) for process in crew]
    try:
        _wait(watched, lambda: all("ready." in log.read_text() for log in logs))
        while not all(_heard(log) for log in logs):
            site.ring()
            _wait(watched, lambda: all(map(_at_rest, logs)) and any(map(_heard, logs)))
        yield watched
    finally:
        stop_all(crew)
        site.silence()


def _wait(watched: Sequence[Watched], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for one in watched:
            one.check(deadline)
        time.sleep(0.02)


def _heard(log: Path) -> bool:
    return " succeeded in " in log.read_text()


def _at_rest(log: Path) -> bool:
    said = log.read_text()
    return said.count(" received\n") == said.count(" succeeded in ")


def _stat(pid: int) -> list[str]:
    # The name, in brackets, may hold spaces and brackets of its own: proc(5).
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
