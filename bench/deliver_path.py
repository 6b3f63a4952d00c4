"""The whole path: a planned week, a ring, a Celery worker, the ledger, the wire; until the ledger says all sent."""

import time
from collections.abc import Sequence

from sqlalchemy import func, select

from bench.installation import Installation, plan
from bench.installation_week import WEEK
from bench.installation_workers import Watched, workers
from bench.sinks import Sink, Spent
from newsletter import publishing
from newsletter.outcomes import State
from newsletter.runtime import Runtime
from newsletter.store.batches import BatchRow
from newsletter.store.digests import DigestRow, DigestState

PATIENCE = 120.0
"""Seconds in which not one batch comes to its end, after which a run is given up."""


def whole_path(sink: Sink, site: Installation, like: str, *, connections: int, crew: int) -> Spent:
    """Deliver the week to every reader of a copy of a database.

    The time is from the ring to the digest's state `sent`; CPU is that of all workers, memory that of the largest.
    """
    with site.copy_of(like) as (here, url):
        with workers(site, url, crew, smtp_url=sink.url(connections // crew)) as watched:
            planned = plan(here)
            used = sum(each.cpu() for each in watched)
            began = time.monotonic()
            site.ring()
            _wait(here, sink, watched)
            seconds = time.monotonic() - began
            spent = Spent(seconds, sum(each.cpu() for each in watched) - used, max(each.peak() for each in watched))
        with here.database.reading() as session:
            status = publishing.status(session, here.publication, WEEK)
        if not status.balances or status.counts[State.SENT] != planned:
            raise SystemExit(f"not all of {planned} were sent: {status.counts}")
        return spent


def _wait(here: Runtime, sink: Sink, watched: Sequence[Watched]) -> None:
    """Wait for the sink, which costs nothing, and only then for the ledger."""
    waiting = select(DigestRow.state, select(func.count(BatchRow.id)).scalar_subquery())
    before, since = -1, time.monotonic()
    while True:
        full = sink.wait_until_full(1.0)
        with here.database.reading() as session:
            state, batches = session.execute(waiting.where(DigestRow.week == str(WEEK))).one()
        if state is DigestState.SENT:
            return
        for each in watched:
            each.check()
        if batches != before:
            before, since = batches, time.monotonic()
        elif state is not DigestState.SENDING or time.monotonic() - since > PATIENCE:
            raise SystemExit(f"the digest is {state}, and {batches} batches wait")
        if full:
            time.sleep(0.002)
