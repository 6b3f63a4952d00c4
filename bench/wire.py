"""How fast the transport writes: messages a second into a fast local sink, beside the standard library's smtplib.

`python -m bench.wire [--connections 64] [--messages 20000] [--rounds 5] [--delay MS]`

Rounds alternate between ours, smtplib (one connection, reused) and, where Postfix is installed, `smtp-source` (as many
sessions, connections kept); medians.  No record is kept (a gate that always grants), so this is the wire alone.
"""

import argparse
import shutil
import smtplib
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

from newsletter.outcomes import Outcome, State
from newsletter.transport import Envelope, Source, Transport, parse_server

LINE = b"x" * 76 + b"\r\n"
SHARED = (LINE * 300, LINE * 300, LINE * 290)  # 70 KB in all, as a letter that is the same for every reader


def envelope(id: int) -> Envelope:
    """A message addressed in bytes, as letters are."""
    to = f"reader{id:07d}@example.org"
    head = b"Subject: The week\r\nTo: %b\r\n\r\n" % to.encode()
    token = b"https://news.example/leave/%040d\r\n" % id
    segments = (head, SHARED[0], token, SHARED[1], token, SHARED[2])
    return Envelope(id, f"bounce-{id:010d}@news.example", to, segments)


def source(messages: int, batch: int = 1000) -> Source:
    """Make envelopes as they are asked for."""
    starts = iter(range(0, messages, batch))

    def give() -> Sequence[Envelope]:
        start = next(starts, messages)
        return [envelope(id) for id in range(start, min(start + batch, messages))]

    return give


class Granting:
    """A gate without a record."""

    async def mark(self, id: int) -> bool:  # noqa: ARG002
        return True

    def settle(self, id: int, outcome: Outcome) -> None:
        if outcome.state is not State.SENT:
            raise SystemExit(f"{id}: {outcome}")


def ours(port: int, messages: int, connections: int) -> None:
    """Deliver over the transport."""
    Transport(parse_server(f"smtp://127.0.0.1:{port}?connections={connections}")).deliver(source(messages), Granting())


def standard(port: int, messages: int, connections: int) -> None:  # noqa: ARG001
    """Deliver over one smtplib connection."""
    give = source(messages)
    with smtplib.SMTP("127.0.0.1", port) as client:
        while envelopes := give():
            for each in envelopes:
                client.sendmail(each.mail_from, [each.rcpt_to], b"".join(each.segments))


def postfix(port: int, messages: int, connections: int) -> None:
    """Deliver over Postfix's load generator; its body is its own, of the same length."""
    size = str(envelope(0).size)
    subprocess.run(
        ["smtp-source", "-d", "-s", str(connections), "-l", size, "-m", str(messages),
         "-f", "bounce@news.example", "-t", "reader@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip


def measure(
    send: Callable[[int, int, int], None], messages: int, connections: int, delay: float
) -> tuple[float, float]:
    """Return messages a second, and CPU seconds of this process for 1,000."""
    sink = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sink.py")), "--delay", str(delay)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sink.stdin is not None
    assert sink.stdout is not None
    port = int(sink.stdout.readline())
    began, used = perf_counter(), process_time()
    send(port, messages, connections)
    began, used = perf_counter() - began, process_time() - used
    sink.stdin.close()
    taken = int(sink.stdout.readline())
    if sink.wait() or taken != messages:
        raise SystemExit(f"the sink took {taken} of {messages} messages")
    return messages / began, used / messages * 1000


def main() -> None:
    """Measure in alternating rounds and print medians and ratios."""
    parser = argparse.ArgumentParser(description="Messages a second over the transport, and beside it over smtplib.")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each answer of the sink")
    given = parser.parse_args()
    few = given.messages if not given.delay else max(given.messages // given.connections, 1)
    runs: dict[str, tuple[Callable[[int, int, int], None], int]] = {
        "transport": (ours, given.messages),
        "smtplib": (standard, max(few // 10, 1)),
    }
    if shutil.which("smtp-source"):
        runs["smtp-source"] = (postfix, given.messages)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, (send, messages) in runs.items():
            found[name].append(measure(send, messages, given.connections, given.delay))
    print(f"{given.messages} messages of {envelope(0).size} octets, {given.connections} connections")
    for name, each in found.items():
        rate = statistics.median(rate for rate, _ in each)
        cpu = statistics.median(cpu for _, cpu in each)
        # Round by round, for what else the machine does weighs on neighbours alike.
        ratio = statistics.median(mine / other for (mine, _), (other, _) in zip(found["transport"], each, strict=True))
        spent = "" if name == "smtp-source" else f"{cpu:8.3f} CPU s per 1,000"
        print(f"{name:12} {rate:8.0f}/s   transport is {ratio:6.2f} times that {spent}")


if __name__ == "__main__":
    main()
