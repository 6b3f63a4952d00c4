"""How many bounces a second are read and judged on one core, beside bare parsing of the same messages by `email`.

`python -m bench.inbound [--messages 10000] [--rounds 3]`

The messages are the tests' samples, each as it came back for another reader.  Rounds alternate; medians, and the ratio
round by round, for what else the machine does weighs on neighbours alike.
"""

import argparse
import statistics
from collections.abc import Callable, Iterable
from email import message_from_bytes
from time import process_time

from newsletter.badnews import BounceReport
from newsletter.inbound.mail import Mail
from newsletter.inbound.reports.report import read_report
from newsletter.sealing import Keyring
from tests.bounces import filled, samples
from tests.bounces.expected import EXPECTED, KINDS
from tests.letters import sample
from tests.unit.rings import ring

GOAL = 700
"""Messages a second, a core."""


def came_back(keyring: Keyring, number: int) -> list[tuple[Mail, bytes]]:
    """Return that many bounces, each with the `ref` of its reader."""
    bounces = [content for name, content in samples().items() if EXPECTED[name].what in KINDS]
    refs = [index.to_bytes(8) for index in range(1, number + 1)]
    return [(filled(bounces[index % len(bounces)], keyring, ref), ref) for index, ref in enumerate(refs)]


def rate(work: Callable[[Mail, bytes], object], mails: Iterable[tuple[Mail, bytes]]) -> float:
    """Return how many a second."""
    number, began = 0, process_time()
    for mail, ref in mails:
        work(mail, ref)
        number += 1
    return number / (process_time() - began)


def main() -> None:
    """Measure in alternating rounds, and print medians, the ratio and whether the goal is reached."""
    parser = argparse.ArgumentParser(description="Bounces read a second, beside bare parsing.")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    keyring, publication = ring(1), sample.publication()
    mails = came_back(keyring, given.messages)
    found = [
        (
            rate(lambda mail, ref: read_report(mail, publication, keyring, ref), mails),
            rate(lambda mail, _: read_report(mail, publication, keyring, None), mails),
            rate(lambda mail, _: message_from_bytes(mail.content), mails),
        )
        for _ in range(given.rounds)
    ]
    seen = sum(isinstance(read_report(mail, publication, keyring, ref), BounceReport) for mail, ref in mails)
    size = statistics.mean(len(mail.content) for mail, _ in mails)
    ours, without, bare = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"{given.messages} bounces of {size:.0f} octets, {given.rounds} rounds, {seen} seen as bounces")
    print(f"read and judged   {ours:8.0f}/s")
    print(f"without a token   {without:8.0f}/s")
    print(f"parsed by `email` {bare:8.0f}/s")
    print(f"ratio             {statistics.median(ours / bare for ours, _, bare in found):8.2f}")
    print(f"goal              {GOAL}/s: {'reached' if ours >= GOAL else 'MISSED'}")


if __name__ == "__main__":
    main()
