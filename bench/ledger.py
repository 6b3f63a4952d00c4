"""What the record costs: deliveries a second through the ledger, beside the same messages without any record.

`python -m bench.ledger [--readers 20000] [--connections 32] [--rounds 3] [--database URL]`

Each round plans the sample week for `--readers` subscribers and delivers it (a new SQLite file; or the PostgreSQL
database at URL, which is EMPTIED, with fsync as it is set there), and then sends as many messages of the same letter
past a gate that always grants.  Both go into the same local sink; medians, and the ratio round by round.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import text

from bench.wire import Granting
from newsletter import addresses, editing, publishing, subscribing
from newsletter.delivering import deliver_slice
from newsletter.outcomes import State
from newsletter.publishing import kinds_offered
from newsletter.runtime import Runtime
from newsletter.settings import Settings
from newsletter.store import open_database
from newsletter.store.batches import due_letters
from newsletter.subscribing import Wish
from newsletter.transport import Envelope, Transport
from newsletter.weeks import Week

SEEDS = Path(__file__).parents[1] / "seeds"
WEEK = Week(2019, 41)
NOW = datetime(2019, 10, 14, 6, tzinfo=UTC)


def measured(sink: str, messages: int, send: Callable[[str], None]) -> tuple[float, float]:
    """Return messages a second into a fresh sink, and CPU seconds of this process for 1,000."""
    command = [sys.executable, sink]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = f"smtp://127.0.0.1:{int(process.stdout.readline())}"
    began, used = perf_counter(), process_time()
    send(url)
    began, used = perf_counter() - began, process_time() - used
    taken, _ = process.communicate()
    if int(taken) != messages:
        raise SystemExit(f"the sink took {taken.strip()} of {messages} messages")
    return messages / began, used / messages * 1000


def installation(folder: Path, given: argparse.Namespace) -> Runtime:
    """Set up, load the sample, and make as many subscribers of the English edition as were asked for."""
    settings: dict[str, object] = {"data_dir": folder, "publication": SEEDS / "publication.toml"}
    settings |= {"smtp_connections": given.connections, "slice_seconds": 600}
    if given.database:
        settings["database_url"] = given.database
        database = open_database(given.database)
        with database.transaction() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
        Runtime(Settings.model_validate(settings)).set_up(database)
    here = Runtime(Settings.model_validate(settings), clock=lambda: NOW)
    with here.database.transaction() as session:
        editing.load(session, editing.read_tree(SEEDS, here.publication))
    edition = here.publication.edition("en")
    for first in range(0, given.readers, 1000):
        names = [f"reader{place}@example.org" for place in range(first, min(first + 1000, given.readers))]
        wishes = [Wish(addresses.parse(name), edition, edition.languages) for name in names]
        with here.database.transaction() as session:
            subscribing.add(session, here.keyring, wishes, today=NOW.date())
    with here.database.transaction() as session:
        publishing.send(session, here.publication, WEEK, now=NOW, who="bench", batch_size=1000)
    return here


def with_record(here: Runtime) -> Callable[[str], None]:
    """Deliver what is planned."""

    def send(url: str) -> None:
        here.settings = here.settings.model_copy(update={"smtp_url": type(here.settings.smtp_url)(url)})
        with here.database.reading() as session:
            (letter_id,) = due_letters(session, now=NOW)
        deliver_slice(
            letter_id,
            database=here.database,
            keyring=here.keyring,
            server=here.server,
            settings=here.settings,
            clock=here.clock,
        )
        with here.database.reading() as session:
            counts = publishing.status(session, here.publication, WEEK).counts
        if counts[State.SENT] != sum(counts.values()):
            raise SystemExit(f"not all were sent: {counts}")

    return send


def without_record(here: Runtime, messages: int) -> Callable[[str], None]:
    """Send as many copies of the same message past a gate that always grants."""
    with here.database.reading() as session:
        digest = publishing.digest_to_show(session, here.publication, WEEK)
    kind = kinds_offered(here.publication, here.publication.edition("en"))[0]
    (preview,) = publishing.previews(digest, here.publication, [kind], keyring=here.keyring, now=NOW)
    left = iter(range(0, messages, 1000))

    def source() -> Sequence[Envelope]:
        first = next(left, messages)
        ids = range(first, min(first + 1000, messages))
        return [Envelope(id, "bounce@example.org", f"reader{id}@example.org", (preview.message,)) for id in ids]

    def send(url: str) -> None:
        here.settings = here.settings.model_copy(update={"smtp_url": type(here.settings.smtp_url)(url)})
        here.__dict__.pop("server", None)
        Transport(here.server).deliver(source, Granting())

    return send


def main() -> None:
    """Measure in alternating rounds and print medians and the ratio."""
    parser = argparse.ArgumentParser(description="Deliveries a second with a record, and beside it without.")
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="a PostgreSQL database that will be emptied; unset: SQLite")
    given = parser.parse_args()
    sink = str(Path(__file__).with_name("sink.py"))
    found: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            here = installation(Path(folder), given)
            record = measured(sink, given.readers, with_record(here))
            found.append((record, measured(sink, given.readers, without_record(here, given.readers))))
            here.database.close()
    print(
        f"{given.readers} deliveries, {given.connections} connections, {(given.database and 'PostgreSQL') or 'SQLite'}"
    )
    for place, name in enumerate(("with a record", "without")):
        rate, cpu = (statistics.median(each[place][figure] for each in found) for figure in (0, 1))
        print(f"{name:14} {rate:8.0f}/s {cpu:8.3f} CPU s per 1,000")
    print(f"ratio          {statistics.median(record[0] / bare[0] for record, bare in found):8.2f}")


if __name__ == "__main__":
    main()
