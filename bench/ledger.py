"""What the record costs: deliveries a second through the ledger, beside the same messages without any record.

`python -m bench.ledger [--readers 20000] [--connections 32] [--rounds 3] [--database postgresql|URL]`

One slice in this process, so that a profiler sees all of it; `bench.deliver` takes the whole path.  Each round plans a
week for that many readers in a fresh copy of a database and delivers it, then sends as many copies of the same letter
past a gate that always grants.  Both go into the same kind of sink; medians, and the ratio round by round.
"""

import argparse
import statistics
from contextlib import closing

from bench.installation import Installation, installation, plan
from bench.installation_week import WEEK, message_of
from bench.sinks import Measured, Sink, Spent, measure, timed
from bench.wire import transport
from newsletter import publishing
from newsletter.delivering import deliver_slice
from newsletter.outcomes import State
from newsletter.store.batches import due_letters
from newsletter.transport import Envelope


def with_record(sink: Sink, site: Installation, like: str, connections: int) -> Spent:
    """Plan a week in a copy of a database, and deliver it."""
    settings = {"smtp_url": sink.url(connections), "slice_seconds": 600}
    with site.copy_of(like, **settings) as (here, _):
        planned = plan(here)
        with here.database.reading() as session:
            (letter_id,) = due_letters(session, now=here.clock())
        spent = timed(lambda: deliver_slice(letter_id, here))
        with here.database.reading() as session:
            counts = publishing.status(session, here.publication, WEEK).counts
        if counts[State.SENT] != planned:
            raise SystemExit(f"not all of {planned} were sent: {counts}")
    return spent


def main() -> None:
    """Measure in alternating rounds and print medians and the ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.ledger", description="What the record costs.")
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="`postgresql` starts a server; a URL: databases are made beside that one")
    given = parser.parse_args()
    found: list[tuple[Measured, Measured]] = []
    with installation(given.database) as site:
        full = site.with_readers(given.readers)
        with closing((here := site.open(full)).database):
            segments = message_of(here)

        def bare(id: int) -> Envelope:
            return Envelope(id, "bounce@example.org", f"reader{id}@example.org", segments)

        for _ in range(given.rounds):
            record = measure(lambda sink: with_record(sink, site, full, given.connections), given.readers)
            without = measure(lambda sink: transport(sink, given.readers, given.connections, bare), given.readers)
            found.append((record, without))
        print(f"{given.readers} deliveries, {given.connections} connections, {site.copies.kind}")
    for place, name in enumerate(("with a record", "without")):
        rate = statistics.median(each[place].rate for each in found)
        cpu = statistics.median(each[place].cpu or 0 for each in found)
        print(f"{name:14} {rate:8.0f}/s {cpu:8.3f} CPU s per 1,000")
    print(f"ratio          {statistics.median(record.rate / bare.rate for record, bare in found):8.2f}")


if __name__ == "__main__":
    main()
