"""Commands and workers in processes of their own; workers to be killed, frozen and replaced."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from newsletter.embedded.processes import KEEPER
from newsletter.settings import PREFIX
from tests.servers.starting import finish

ROOT = Path(__file__).parents[2]
JOBS = {
    "worker": ("worker", "--concurrency", "1"),
    "many at once": ("worker",),
    "notes": ("worker", "--queue", "notes"),
    "beat": ("beat",),
}


class Born:
    """A worker or a command out of the nursery.  `name` is what a worker calls itself at EHLO."""

    def __init__(
        self, nursery: "Nursery", name: str, order: Mapping[str, Any], sockets: Sequence[socket.socket] = ()
    ) -> None:
        self.name = name
        self._nursery = nursery
        self._pid = int(nursery.order(sockets, born=order))
        self._code: int | None = None

    def signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """Stop it where it stands."""
        self.signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a frozen one go on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.signal(signal.SIGKILL)
        self.end(10)

    def ask_to_stop(self) -> None:
        """Tell it to end, as an operator does."""
        self.signal(signal.SIGTERM)

    def stop(self) -> int:
        """Tell it to end, wait for it, and return its exit code."""
        self.ask_to_stop()
        return self.end(60)

    @property
    def pid(self) -> int:
        """The process's id: nobody else's until we have heard of its end."""
        assert self._code is None, f"{self.name} has ended"
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether we have not yet ended it."""
        return self._code is None

    def has_ended(self) -> bool:
        """Whether it has ended by itself, or as it was told."""
        if self._code is None:
            self._code = self._nursery.order(ended=self._pid, seconds=0)
        return self._code is not None

    def end(self, seconds: float) -> int:
        """Wait for its end and return its exit code."""
        if self._code is None:
            self._code = self._nursery.order(ended=self._pid, seconds=seconds)
        assert self._code is not None, f"{self.name} still runs after {seconds} s"
        return self._code


class Nursery:
    """Forks workers and commands, of any installation, out of a process that has imported everything.

    A worker that is started takes two seconds of a processor until it works, a command one; fifty that are killed one
    after the other would spend the whole test on that.  So each is forked where it would have been started, and nothing
    else differs.  `tests/journeys/test_run.py` and `tests/doors` start both as an operator does.
    """

    def __init__(self) -> None:
        self._count = 0
        outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", KEEPER, str(os.getpid()), "10", sys.executable, "-m", "tests.servers.nursery"],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True, cwd=ROOT,
                env={**outside, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        self._hear()

    def hire(
        self,
        job: str,
        environment: Mapping[str, str],
        *,
        log: Path,
        broker: Mapping[str, Any] = MappingProxyType({}),
        clock: Path | None = None,
    ) -> "Born":
        """Fork a worker; `{name}` in its environment becomes its name.

        `broker` are options of its broker's transport; `clock` is a file of seconds: so much ahead are its wall clocks.
        """
        self._count += 1
        name = f"{job.replace(' ', '-')}-{self._count}.test"
        given = {key: value.replace("{name}", name) for key, value in environment.items()}
        more = {"broker": dict(broker), "clock": str(clock) if clock else None}
        return self._bear(name, JOBS[job], given, log=log, more=more)

    def start(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        complaints: Path | None = None,
        program: str = "",
        sockets: Sequence[socket.socket] = (),
    ) -> Born:
        """Fork a command of `newsletter`; `tests.servers.starting` starts one afresh, and says what these mean."""
        self._count += 1
        name, more = f"command-{self._count}", {"complaints": str(complaints or log), "program": program}
        return self._bear(name, words, environment, log=log, more=more, sockets=sockets)

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], *, seconds: float = 120
    ) -> CompletedProcess[str]:
        """Fork a command of `newsletter`, wait for its end, and return what it said."""
        with TemporaryDirectory() as folder:
            out, complaints = Path(folder, "out"), Path(folder, "err")
            child = self.start(words, environment, log=out, complaints=complaints)
            code = finish(child, seconds)
            return CompletedProcess(words, code, out.read_text(), complaints.read_text())

    def order(self, sockets: Sequence[socket.socket] = (), **order: Any) -> Any:
        """Send one order, with sockets that go to a child, and return its answer."""
        socket.send_fds(self._orders, [json.dumps(order).encode()], [each.fileno() for each in sockets])
        return self._hear()

    def close(self) -> None:
        """End it with all its children."""
        self._orders.close()
        self._process.wait()

    def _bear(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        more: Mapping[str, Any],
        sockets: Sequence[socket.socket] = (),
    ) -> Born:
        order = {"words": list(words), "environment": dict(environment), "log": str(log), "complaints": str(log)}
        return Born(self, name, {**order, "program": "", "broker": {}, "clock": None, **more}, sockets)

    def _hear(self) -> Any:
        said = self._orders.recv(1000)
        assert said, "the nursery has ended"
        return json.loads(said)
