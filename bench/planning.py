"""What planning costs: a delivery for each of a million readers, beside a bare `INSERT … SELECT` of as many rows.

`python -m bench.planning [--readers 1000000] [--rounds 3] [--database postgresql|URL]`

Each round plans the sample week as `newsletter digest send` does (letters written, a delivery for every active reader,
batches, audit, one commit), and copies as many rows into a table with the same columns, CHECK, primary key and unique
index.  Unset: a new SQLite file; `postgresql`: a server of our own, with fsync on; a URL: a PostgreSQL database that
is EMPTIED.  Seconds, medians of alternating rounds, and the ratio round by round.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from sqlalchemy import text

from newsletter import editing, publishing
from newsletter.runtime import Runtime
from newsletter.settings import Settings
from newsletter.store import Database, open_database
from newsletter.weeks import Week
from tests.servers.postgresql import Cluster

SEEDS = Path(__file__).parents[1] / "seeds"
WEEK = Week(2019, 41)
NOW = datetime(2019, 10, 14, 6, tzinfo=UTC)
READ = (("en", "en", "en"), ("be-ru", "be ru", "be"), ("be-ru", "ru be", "ru"))
"""Edition, order, tongue of every third reader: three letters, as the sample has them."""

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :readers) SELECT i FROM n",
    "postgresql": "SELECT i FROM generate_series(1, :readers) AS n(i)",
}
RANDOM = {
    "sqlite": "randomblob({})",
    "postgresql": "substring(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || "
    "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) FROM 1 FOR {})",
}
BARE = """
INSERT INTO bare (id, digest_id, letter_id, plan_id, subscriber_id, state, attempts, crashes, copy)
SELECT id, 1, 1, 1, id, 'queued', 0, 0, 0 FROM subscribers WHERE state = 'active'
"""


def add_readers(database: Database, readers: int) -> None:
    """Make subscribers in SQL: what is sealed in them is noise, which planning does not open."""
    name = database.engine.dialect.name
    noise = {column: RANDOM[name].format(octets) for column, octets in (("ref", 8), ("lookup", 20), ("sealed", 60))}
    edition, languages, tongue = (
        f"CASE i % 3 WHEN 0 THEN '{one}' WHEN 1 THEN '{two}' ELSE '{three}' END"
        for one, two, three in zip(*READ, strict=True)
    )
    with database.transaction() as session:
        session.execute(text("INSERT INTO domains (lookup, sealed_name) VALUES (:noise, :noise)"), {"noise": b"d" * 20})
        session.execute(
            text(
                "INSERT INTO subscribers"  # noqa: S608  # of our own words
                " (ref, lookup, sealed, domain_id, edition, languages, variant, tongue, state, since_day)"
                f" SELECT {noise['ref']}, {noise['lookup']}, {noise['sealed']}, (SELECT max(id) FROM domains),"
                f" {edition}, {languages}, 'full', {tongue}, 'active', '2019-10-01'"
                f" FROM ({NUMBERS[name]}) AS numbers"
            ),
            {"readers": readers},
        )


def make_bare(database: Database) -> None:
    """Make an empty table with the shape of `deliveries`."""
    with database.transaction() as session:
        session.execute(text("DROP TABLE IF EXISTS bare"))
        if database.is_sqlite:
            shape = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'deliveries'"))
            session.execute(text(str(shape).replace("deliveries", "bare")))
        else:
            session.execute(text("CREATE TABLE bare (LIKE deliveries INCLUDING CONSTRAINTS) WITH (fillfactor = 45)"))
            session.execute(text("ALTER TABLE bare ADD PRIMARY KEY (id)"))
        session.execute(text("CREATE UNIQUE INDEX uq_bare ON bare (subscriber_id, digest_id)"))


def forget_planning(database: Database) -> None:
    """Take the last planning back."""
    tables = ("batches", "deliveries", "plans", "letters", "notices", "digests")
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(text(f"TRUNCATE {', '.join((*tables, 'workers'))}"))
        else:
            for table in tables:
                session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # our own names


def settle_down(database: Database) -> None:
    """Let what was written before be on the disk before the next is measured, and let the planner know the tables."""
    raw = database.engine.raw_connection()  # none of these may stand in a transaction
    driver = cast("Any", raw.driver_connection)
    if database.is_sqlite:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.execute("CHECKPOINT")
        driver.autocommit = False
    raw.close()


def planning(here: Runtime, readers: int) -> float:
    """Return the seconds that planning takes."""
    forget_planning(here.database)
    settle_down(here.database)
    began = perf_counter()
    with here.database.transaction() as session:
        done = publishing.send(session, here.publication, WEEK, now=NOW, who="bench", batch_size=1000)
    took = perf_counter() - began
    if done.planned != readers:
        raise SystemExit(f"planned {done.planned} of {readers}")
    return took


def bare(here: Runtime, readers: int) -> float:
    """Return the seconds that copying as many rows takes."""
    make_bare(here.database)
    settle_down(here.database)
    began = perf_counter()
    with here.database.transaction() as session:
        session.execute(text(BARE))
    took = perf_counter() - began
    with here.database.reading() as session:
        copied = session.scalar(text("SELECT count(*) FROM bare"))
    if copied != readers:
        raise SystemExit(f"copied {copied} of {readers}")
    return took


@contextmanager
def installation(given: argparse.Namespace) -> Iterator[Runtime]:
    """Set up, load the sample, and make as many subscribers as were asked for."""
    cluster = Cluster(durable=True) if given.database == "postgresql" else None
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        settings: dict[str, object] = {"data_dir": Path(folder), "publication": SEEDS / "publication.toml"}
        if given.database:
            url = given.database if cluster is None else cluster.url(cluster.create())
            settings["database_url"] = url
            database = open_database(url)
            with database.transaction() as session:
                session.execute(text("DROP SCHEMA public CASCADE"))
                session.execute(text("CREATE SCHEMA public"))
            Runtime(Settings.model_validate(settings)).set_up(database)
            database.close()
        here = Runtime(Settings.model_validate(settings), clock=lambda: NOW)
        try:
            with here.database.transaction() as session:
                editing.load(session, editing.read_tree(SEEDS, here.publication))
            add_readers(here.database, given.readers)
            yield here
        finally:
            here.database.close()
            if cluster is not None:
                cluster.remove()


def main() -> None:
    """Measure in alternating rounds and print medians and the ratio."""
    parser = argparse.ArgumentParser(description="Planning a digest, beside a bare INSERT … SELECT of as many rows.")
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="`postgresql`, or the URL of one that will be emptied; unset: SQLite")
    parser.add_argument("--folder", help="where the SQLite file is made; unset: the system's temporary folder")
    given = parser.parse_args()
    found: list[tuple[float, float]] = []
    with installation(given) as here:
        for _ in range(given.rounds):
            found.append((planning(here, given.readers), bare(here, given.readers)))
    print(f"{given.readers} readers, {'PostgreSQL' if given.database else 'SQLite'}, {given.rounds} rounds")
    for place, name in enumerate(("planning", "bare INSERT … SELECT")):
        print(f"{name:22} {statistics.median(each[place] for each in found):8.2f} s")
    print(f"ratio                  {statistics.median(plan / copy for plan, copy in found):8.2f}")


if __name__ == "__main__":
    main()
