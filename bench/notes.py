"""How long a note takes, from owed (committed) to the server's 250, while a digest is being delivered.

`python -m bench.notes [--readers 100000] [--a-second 10] [--rounds 3] [--connections 64] [--apart] [--database URL]`

Each round delivers the same planned week twice, through `newsletter worker` into the fast sink: once with nothing
beside it, and once while notes are owed one after the other, each rung for as a page does.  One worker does
everything, or with `--apart` notes have one of their own.  `--database postgresql` starts a server of its own; a URL
takes new databases beside the one that it names; unset: SQLite.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from celery import Celery
from sqlalchemy import select

from bench.installation import Installation, installation, plan
from bench.installation_week import WEEK
from bench.sinks import Sink, fast_sink
from newsletter.embedded.processes import Process, stop_all
from newsletter.outcomes import State
from newsletter.runtime import Runtime
from newsletter.store.digests import DigestState, digest_of
from newsletter.store.notes import NoteRow, notes_are_due
from newsletter.store.notices import add_notice

TOGETHER = ((),)
APART = (("--queue", "newsletter", "--queue", "delivery"), ("--queue", "notes"))
GOAL_SECONDS = 2.0
START_SECONDS, LAST_SECONDS = 30, 60


@contextmanager
def crew(site: Installation, url: str, sink: Sink, given: argparse.Namespace) -> Iterator[Sequence[Process]]:
    """Run the workers."""
    environment = site.environment(url, smtp_url=sink.url(given.connections), log_level="warning")
    command = [sys.executable, "-m", "newsletter.cli", "worker"]
    log = site.folder / "log" / "worker.log"
    staff = [
        Process("worker", [*command, *words], log=log, environment=environment, grace=40)
        for words in (APART if given.apart else TOGETHER)
    ]
    try:
        yield staff
    finally:
        stop_all(staff)
        site.silence()


class Door:
    """Owes notes and rings for them, as pages and commands do."""

    def __init__(self, here: Runtime, site: Installation) -> None:
        self._here = here
        self._bell = Celery("bench", broker=site.broker_url)
        self._owed: dict[int, datetime] = {}

    def owe(self) -> None:
        """Owe a note, and ring after the commit."""
        with self._here.database.transaction() as session:
            add_notice(session, "late", now=self._here.clock(), week=str(WEEK), again=True)
            newest = session.scalar(select(NoteRow.id).order_by(NoteRow.id.desc()).limit(1))
        self._owed[newest or 0] = self._here.clock()
        self._bell.send_task("workers.notes.deliver_notes", queue="notes")

    def seconds(self) -> list[float]:
        """Wait until all are sent; return how long each took."""
        deadline = time.monotonic() + LAST_SECONDS
        while time.monotonic() < deadline:
            with self._here.database.reading() as session:
                rows = session.scalars(select(NoteRow).where(NoteRow.id.in_(self._owed))).all()
            if all(row.state is State.SENT for row in rows):
                return [(row.at - self._owed[row.id]).total_seconds() for row in rows if row.at]
            time.sleep(0.1)
        raise SystemExit(f"not all notes were sent within {LAST_SECONDS} s")

    def warm_up(self) -> None:
        """Owe one, and wait until it is sent: what is opened at first use is open."""
        deadline = time.monotonic() + START_SECONDS
        self.owe()
        while time.monotonic() < deadline:
            with self._here.database.reading() as session:
                if not notes_are_due(session, now=self._here.clock()):
                    self.seconds()
                    self._owed.clear()
                    return
            time.sleep(0.1)
        raise SystemExit("the workers do not come to work")


def run(site: Installation, like: str, given: argparse.Namespace, *, notes: bool) -> tuple[float, list[float]]:
    """Deliver the week to a copy's readers; return deliveries a second, and what each note took."""
    with site.copy_of(like) as (here, url), fast_sink(given.readers) as sink, crew(site, url, sink, given):
        door = Door(here, site)
        door.warm_up()
        planned = plan(here)
        began = time.monotonic()
        site.ring()
        due = began
        while not sink.wait_until_full(max(0.0, due - time.monotonic())):
            if time.monotonic() >= due:
                due += 1 / given.a_second
                if notes:
                    door.owe()
        while not _is_sent(here):
            time.sleep(0.01)
        rate = planned / (time.monotonic() - began)
        return rate, door.seconds()


def _is_sent(here: Runtime) -> bool:
    with here.database.reading() as session:
        row = digest_of(session, WEEK)
    return row is not None and row.state is DigestState.SENT


def main() -> None:
    """Measure in alternating rounds, and print what notes took and what they cost."""
    parser = argparse.ArgumentParser(description="Seconds from owed to 250, beside a digest that is being delivered.")
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--a-second", type=float, default=10.0, help="notes owed in a second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--apart", action="store_true", help="a worker for notes alone")
    parser.add_argument("--database", help="`postgresql`, or a URL; unset: SQLite")
    given = parser.parse_args()
    rates: dict[bool, list[float]] = {False: [], True: []}
    took: list[float] = []
    with installation(given.database) as site:
        like = site.with_readers(given.readers)
        for _ in range(given.rounds):
            for notes in (False, True):
                rate, seconds = run(site, like, given, notes=notes)
                rates[notes].append(rate)
                took += seconds
        print(f"{given.readers} deliveries, {given.connections} connections, {site.copies.kind}, {len(took)} notes")
    took.sort()
    place = min(len(took) - 1, round(0.99 * len(took)))
    print(f"owed to 250   p50 {statistics.median(took):6.3f} s   p99 {took[place]:6.3f} s   max {took[-1]:6.3f} s")
    with_notes, without = (statistics.median(rates[notes]) for notes in (True, False))
    print(f"deliveries    {with_notes:6.0f}/s with notes   {without:6.0f}/s without   ratio {with_notes / without:.2f}")
    print(f"goal          p99 under {GOAL_SECONDS:g} s: {'reached' if took[place] < GOAL_SECONDS else 'MISSED'}")


if __name__ == "__main__":
    main()
