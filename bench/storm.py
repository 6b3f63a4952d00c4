"""How long a person's mail waits while bounces come in by the thousand, and how fast those are worked off.

`python -m bench.storm [--bounces 5000] [--a-second 4] [--database postgresql]`

A worker, as an operator starts it.  `help@` is written to at a steady rate, each mail by somebody else, at first with
nothing else to do (the yardstick), then while the bounces are worked off: sealed, read, judged and written down.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import closing

from celery import Celery
from sqlalchemy import func, select

from bench.installation import Installation, installation
from bench.installation_workers import workers
from bench.sinks import fast_sink
from bench.web import place
from newsletter.inbound import Mail, Source, pack, place_of
from newsletter.inbound.keeping import lane, same_as
from newsletter.runtime import Runtime
from newsletter.store.received import ReceivedRow, ReceivedState, receive
from newsletter.store.subscribers import SubscriberRow
from tests.bounces import DOMAIN, filled, samples
from tests.bounces.expected import EXPECTED, KINDS

SAMPLES = [content for name, content in samples().items() if EXPECTED[name].what in KINDS]
HELP = f"help@{DOMAIN}"
LOOK = 0.002
MOST_SECONDS = 600
AT_ONCE = 500
PEOPLE = 0
"""The lane of mail that somebody waits for."""


def keep(here: Runtime, *mails: Mail) -> None:
    """Keep mails as a door does, but many in one transaction."""
    with here.database.transaction() as session:
        for mail in mails:
            found = place_of(mail.recipient, here.publication, here.keyring)
            receive(
                session,
                here.keyring,
                pack(mail),
                same_as=same_as(mail),
                source=mail.source,
                lane=1 if found is None else lane(found),
                now=here.clock(),
            )


def asks(number: int) -> Mail:
    """Return a mail that somebody writes."""
    who = f"somebody{number}@example.net"
    return Mail(Source.LMTP, HELP, who, f"From: {who}\r\nMessage-ID: <{number}@example.net>\r\n\r\n".encode())


def waiting(here: Runtime, which: int | None = None) -> int:
    """Return how many are not worked off yet: of a lane, or of all."""
    with here.database.reading() as session:
        rows = select(func.count()).where(ReceivedRow.state == ReceivedState.WAITING)
        return session.scalar(rows if which is None else rows.where(ReceivedRow.lane == which)) or 0


def written_to(
    here: Runtime, ring: Callable[[], object], a_second: float, first: int, more: Callable[[int], bool]
) -> list[float]:
    """Write one mail after the other, at a rate, as long as there is to be `more`; return how long each waited."""
    took: list[float] = []
    began = time.monotonic()
    while more(len(took)):
        time.sleep(max(0.0, began + len(took) / a_second - time.monotonic()))
        keep(here, asks(first + len(took)))
        since = time.monotonic()
        ring()
        while waiting(here, PEOPLE):
            time.sleep(LOOK)
            if time.monotonic() - since > MOST_SECONDS:
                raise SystemExit("nobody works it off")
        took.append(time.monotonic() - since)
    return took


def bounces(here: Runtime, number: int) -> list[Mail]:
    """Return a bounce for each of so many readers."""
    with here.database.reading() as session:
        refs = session.scalars(select(SubscriberRow.ref).order_by(SubscriberRow.id).limit(number)).all()
    return [filled(SAMPLES[index % len(SAMPLES)], here.keyring, ref) for index, ref in enumerate(refs)]


def main() -> None:
    """Measure first without the storm, then in it."""
    parser = argparse.ArgumentParser(description="How long a person's mail waits in a storm of bounces.")
    parser.add_argument("--bounces", type=int, default=5000)
    parser.add_argument("--a-second", type=float, default=4.0, help="mails by people")
    parser.add_argument("--database", help="`postgresql`, or a URL; unset: SQLite")
    given = parser.parse_args()
    with installation(given.database) as site, fast_sink(10**9) as sink:
        url = site.with_readers(given.bounces)
        here = site.open(url)
        with (
            closing(here.database),
            workers(site, url, 1, smtp_url=sink.url(4), answers_in_all=10**6),
            Celery("bench", broker=site.broker_url) as bell,
        ):
            report(site, here, lambda: bell.send_task("workers.inbound.work_off", queue="inbound"), given)


def report(site: Installation, here: Runtime, ring: Callable[[], object], given: argparse.Namespace) -> None:
    """Print how long people waited in each case, and how many bounces a second were worked off."""
    quiet = written_to(here, ring, given.a_second, 0, lambda done: done < 40)
    storm = bounces(here, given.bounces)
    for first in range(0, len(storm), AT_ONCE):
        keep(here, *storm[first : first + AT_ONCE])
    began = time.monotonic()
    ring()
    beside = written_to(here, ring, given.a_second, 1000, lambda _: waiting(here) > 0)
    rate = given.bounces / (time.monotonic() - began)
    print(f"{given.bounces} bounces, {site.copies.kind}, {given.a_second:g} mails by people a second")
    base = place(quiet, 0.5)
    for name, took in (("nothing else to do", quiet), ("beside the storm", beside)):
        p50, p99 = place(took, 0.5), place(took, 0.99)
        print(f"{name:<19} p50 {p50 * 1000:6.0f} ms   p99 {p99 * 1000:6.0f} ms   p50 / yardstick's {p50 / base:5.1f}")
    print(f"bounces worked off  {rate:6.0f}/s")


if __name__ == "__main__":
    main()
