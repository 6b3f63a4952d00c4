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
from collections.abc import Callable, Sequence

from bench.sinks import Measured, Sink, Spent, measure, timed
from newsletter.outcomes import Outcome, State
from newsletter.transport import Envelope, Transport, parse_server

LINE = b"x" * 76 + b"\r\n"
SHARED = (LINE * 300, LINE * 300, LINE * 290)  # 70 KB in all, as a letter that is the same for every reader


def envelope(id: int) -> Envelope:
    """A message addressed in bytes, as letters are."""
    to = f"reader{id:07d}@example.org"
    head = b"Subject: The week\r\nTo: %b\r\n\r\n" % to.encode()
    token = b"https://news.example/leave/%040d\r\n" % id
    segments = (head, SHARED[0], token, SHARED[1], token, SHARED[2])
    return Envelope(id, f"bounce-{id:010d}@news.example", to, segments)


class Granting:
    """A gate without a record."""

    async def mark(self, id: int) -> bool:  # noqa: ARG002
        return True

    def settle(self, id: int, outcome: Outcome) -> None:
        if outcome.state is not State.SENT:
            raise SystemExit(f"{id}: {outcome}")


def transport(
    sink: Sink, messages: int, connections: int, make: Callable[[int], Envelope] = envelope, batch: int = 1000
) -> Spent:
    """Deliver over our transport, without a record; envelopes are made as they are asked for."""
    starts = iter(range(0, messages, batch))

    def source() -> Sequence[Envelope]:
        start = next(starts, messages)
        return [make(id) for id in range(start, min(start + batch, messages))]

    return timed(lambda: Transport(parse_server(sink.url(connections))).deliver(source, Granting()))


def standard(sink: Sink, messages: int) -> Spent:
    """Deliver over one smtplib connection."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            for each in map(envelope, range(messages)):
                client.sendmail(each.mail_from, [each.rcpt_to], b"".join(each.segments))

    return timed(send)


def smtp_source(sink: Sink, messages: int, sessions: int, size: int) -> Spent:
    """Deliver over Postfix's load generator, connections kept; its body is its own, of the same length."""
    command = ["smtp-source", "-d", "-s", str(sessions), "-l", str(size), "-m", str(messages)]
    command += ["-f", "bounce@news.example", "-t", "reader@example.org", f"127.0.0.1:{sink.port}"]
    return timed(lambda: subprocess.run(command, check=True))


def main() -> None:
    """Measure in alternating rounds and print medians and ratios."""
    parser = argparse.ArgumentParser(description="Messages a second over the transport, and beside it over smtplib.")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each answer of the sink")
    given = parser.parse_args()
    few = max((given.messages if not given.delay else given.messages // given.connections) // 10, 2)
    size = envelope(0).size
    runs: dict[str, tuple[Callable[[Sink], Spent], int]] = {
        "transport": (lambda sink: transport(sink, given.messages, given.connections), given.messages),
        "smtplib": (lambda sink: standard(sink, few), few),
    }
    if shutil.which("smtp-source"):
        runs["smtp-source"] = (lambda sink: smtp_source(sink, given.messages, given.connections, size), given.messages)
    found: dict[str, list[Measured]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, (run, messages) in runs.items():
            found[name].append(measure(run, messages, delay=given.delay))
    print(f"{given.messages} messages of {size} octets, {given.connections} connections")
    for name, each in found.items():
        rate = statistics.median(one.rate for one in each)
        cpu = statistics.median(one.cpu or 0 for one in each)
        # Round by round, for what else the machine does weighs on neighbours alike.
        ratio = statistics.median(mine.rate / other.rate for mine, other in zip(found["transport"], each, strict=True))
        print(f"{name:12} {rate:8.0f}/s   transport is {ratio:6.2f} times that {cpu:8.3f} CPU s per 1,000")


if __name__ == "__main__":
    main()
