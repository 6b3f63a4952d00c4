"""Where benches send to: the fast sink of this folder or Postfix's smtp-sink; and what a run into one comes to."""

import os
import resource
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.embedded.processes import Process

PROGRAM = Path(__file__).with_name("sink.py")
START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run cost: seconds (None: from the first message the sink took to the last), CPU seconds, peak MB."""

    seconds: float | None
    cpu: float | None = None
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a run: messages a second; from first to last message alone (`flow`); CPU seconds for 1,000; MB."""

    rate: float
    flow: float | None
    cpu: float | None
    memory: float | None


class Sink:
    """A sink that runs.  Only the fast one (`counting`) says what it took."""

    def __init__(self, port: int, counting: "subprocess.Popen[str] | None" = None) -> None:
        self.port = port
        self.counting = counting

    def url(self, connections: int) -> str:
        """What `NEWSLETTER_SMTP_URL` is set to."""
        return f"smtp://127.0.0.1:{self.port}?connections={connections}"

    def wait_until_full(self, seconds: float) -> bool:
        """Return whether every message has come, or may have; wait for that at most so long."""
        if self.counting is None:
            time.sleep(min(seconds, 0.02))
            return True
        assert self.counting.stdout is not None
        return bool(select.select([self.counting.stdout], [], [], seconds)[0])

    def close(self) -> tuple[int, float, float] | None:
        """End it; return how many it took, and when the first and the last."""
        if self.counting is None:
            return None
        said, _ = self.counting.communicate()
        taken, first, last = said.split()[-3:]
        return int(taken), float(first), float(last)


@contextmanager
def fast_sink(expect: int, delay: float = 0.0) -> Iterator[Sink]:
    """Run the fast sink; `delay` in milliseconds.  It ends with us, for its standard input does."""
    command = [sys.executable, str(PROGRAM), "--expect", str(expect), "--delay", str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Sink(int(process.stdout.readline()), process)
        finally:
            process.kill()


@contextmanager
def postfix_sink() -> Iterator[Sink]:
    """Run Postfix's smtp-sink."""
    program = shutil.which("smtp-sink")
    if program is None:
        raise SystemExit("there is no smtp-sink on PATH: install Postfix, or leave out --sink postfix")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = Process("smtp-sink", [program, *user, f"127.0.0.1:{port}", "512"])
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                if process.wait(0.02) is not None or time.monotonic() > deadline:
                    raise SystemExit("smtp-sink does not start") from None
        yield Sink(port)
    finally:
        process.stop()


def measure(run: Callable[[Sink], Spent], messages: int, *, postfix: bool = False, delay: float = 0.0) -> Measured:
    """Run something that sends `messages` into a fresh sink, and make sure that each came once."""
    with postfix_sink() if postfix else fast_sink(messages, delay) as sink:
        spent = run(sink)
        took = sink.close()
    seconds, flow = spent.seconds, None
    if took is not None:
        taken, first, last = took
        if taken != messages:
            raise SystemExit(f"the sink took {taken} of {messages} messages")
        flow = (messages - 1) / (last - first) if messages > 1 else None
    rate = messages / seconds if seconds else flow or 0.0
    return Measured(rate, flow, spent.cpu and spent.cpu / messages * 1000, spent.memory)


def timed(send: Callable[[], object]) -> Spent:
    """Take the time of something that sends in this process, or by a command that it waits for."""
    began, used = time.monotonic(), _cpu()
    send()
    return Spent(time.monotonic() - began, _cpu() - used)


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
