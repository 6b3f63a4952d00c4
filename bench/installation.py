"""An installation for benches: a broker, readers whose addresses are sealed, a week, all in a temporary folder."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import redis
from celery import Celery

from bench.installation_databases import Copies, databases
from bench.installation_week import EDITION, WEEK, load_week
from newsletter import addresses, publishing, subscribing
from newsletter.embedded import valkey
from newsletter.embedded.processes import Process
from newsletter.runtime import Runtime
from newsletter.settings import PREFIX, Settings
from newsletter.store import open_database
from newsletter.store.subscribers import count_by_state
from newsletter.subscribing import Wish

PUBLICATION = Path(__file__).parents[1] / "seeds" / "publication.toml"
AT_ONCE = 1000


class Installation:
    """One publication, its keys and its broker; as many databases as are wanted."""

    def __init__(self, folder: Path, copies: Copies, broker: Process) -> None:
        self.folder = folder
        self.copies = copies
        self.broker = broker
        self._socket = broker_socket(folder)

    @property
    def broker_url(self) -> str:
        """What `NEWSLETTER_BROKER_URL` is set to."""
        return f"redis+socket://{self._socket}"

    def open(self, url: str, **settings: object) -> Runtime:
        """Open the database at `url` in this process; whoever asks closes it."""
        return Runtime(Settings.model_validate(self._settings(url) | settings))

    def environment(self, url: str, **settings: object) -> Mapping[str, str]:
        """Return what a process needs that is to work on the database at `url`."""
        named = (self._settings(url) | {"broker_url": self.broker_url} | settings).items()
        return {**os.environ, **{PREFIX + name.upper(): str(value) for name, value in named}}

    def _settings(self, url: str) -> dict[str, object]:
        return {"data_dir": self.folder, "publication": PUBLICATION, "database_url": url}

    def with_readers(self, number: int, like: str | None = None) -> str:
        """Return a new database with that many readers (those of `like` first) and a week that is not planned yet.

        A hundred thousand take a while: copy the database for each round.
        """
        url = self.copies.make(like)
        with closing(open_database(url)) as database:
            self.open(url).set_up(database)
        here = self.open(url)
        with closing(here.database):
            if like is None:
                load_week(here)
            with here.database.reading() as session:
                there = sum(count_by_state(session).values())
            for first in range(there, number, AT_ONCE):
                add_readers(here, first, min(first + AT_ONCE, number))
        self.copies.gather_statistics(url)
        return url

    @contextmanager
    def copy_of(self, like: str, **settings: object) -> Iterator[tuple[Runtime, str]]:
        """Give a copy of a database, opened, and its URL; drop it afterwards."""
        url = self.copies.make(like)
        here = self.open(url, **settings)
        try:
            yield here, url
        finally:
            here.database.close()
            self.copies.drop(url)

    def ring(self) -> None:
        """Ring, as the beat does every minute."""
        with Celery("bench", broker=self.broker_url) as bell:
            bell.send_task("workers.upkeep.ring", queue="newsletter")

    def silence(self) -> None:
        """Forget all rings."""
        with redis.Redis(unix_socket_path=str(self._socket)) as connection:
            connection.flushall()


def add_readers(here: Runtime, first: int, end: int) -> None:
    """Subscribe readers by number, in one transaction."""
    edition = here.publication.edition(EDITION)
    names = (f"reader{number}@example.org" for number in range(first, end))
    wishes = [Wish(addresses.parse(name), edition, edition.languages) for name in names]
    with here.database.transaction() as session:
        subscribing.add(session, here.keyring, wishes, today=here.clock().date())


def plan(here: Runtime) -> int:
    """Owe the week's letter to every reader; return to how many."""
    with here.database.transaction() as session:
        now, size = here.clock(), here.settings.batch_size
        return publishing.send(session, here.publication, WEEK, now=now, who="bench", batch_size=size).planned


def broker_socket(folder: Path) -> Path:
    """Return where the broker of an installation listens."""
    return folder / "valkey" / "valkey.sock"


@contextmanager
def installation(database: str | None = None) -> Iterator[Installation]:
    """Make one; `database` as `databases` takes it.  Settings of the caller's shell are left aside."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # or files and servers stay behind
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        broker = valkey.start(broker_socket(folder), log=folder / "log" / "valkey.log")
        try:
            valkey.wait_until_ready(broker, broker_socket(folder))
            with databases(database, folder) as copies:
                yield Installation(folder, copies, broker)
        finally:
            broker.stop()
