"""What ordeals stand on: a digest planned once on each database, to be copied, and the servers beside it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.keyfile import create_key_file
from newsletter.settings import PREFIX
from newsletter.store import open_database
from tests.journeys.ordeal import Ordeal
from tests.journeys.scenarios import Scenario
from tests.journeys.site import SEEDS, Site, prepare
from tests.servers.broker import Broker
from tests.servers.crew import Nursery
from tests.servers.places import short_directory
from tests.servers.postbox import Postbox, PostOffice
from tests.servers.postgresql import Cluster

LEASE = 20.0
"""Seconds: a lease that must end is short, and the scenario says so; no other may end because a machine is busy."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a scenario is played."""

    scenario: Scenario
    database: str
    on_doubt: str
    workers: int
    connections: int = 8
    kills: int = 8
    seed: int = 1


class Ground:
    """Begun once, for many ordeals; its PostgreSQL keeps fsync on, for it will be killed."""

    def __init__(self, folder: Path, readers: int, databases: Sequence[str], nursery: Nursery) -> None:
        self._folder = folder
        self._nursery = nursery
        self._office = PostOffice()
        self._cluster = Cluster(durable=True) if "postgresql" in databases else None
        self._planned = self._cluster.create() if self._cluster else ""
        for database in databases:
            url = self._url(database, folder, self._planned)
            here = Site(settings(folder, database=url), folder, nursery).here
            empty = open_database(url)
            here.set_up(empty)
            empty.close()
            self.readers = prepare(here, readers)
            here.database.close()

    @contextmanager
    def ordeal(self, setting: Setting) -> Iterator[Ordeal]:
        """Make a copy of the installation, with a broker and a postbox of its own."""
        folder = short_directory("site")
        copy = ""
        if setting.database == "sqlite":
            shutil.copy(self._folder / "newsletter.sqlite", folder)
        elif self._cluster:
            copy = self._cluster.create(template=self._planned)
        shutil.copy(self._folder / "newsletter.key", folder)
        broker, postbox = Broker(), Postbox(self._office)
        given = settings(
            folder,
            database=self._url(setting.database, folder, copy),
            broker=broker.url,
            smtp=postbox.url,
            connections=setting.connections,
            on_doubt=setting.on_doubt,
            **setting.scenario.settings,
        )
        ordeal = Ordeal(
            Site(given, folder, self._nursery),
            postbox,
            self.readers,
            nursery=self._nursery,
            broker=broker,
            cluster=self._cluster,
            workers=setting.workers,
            kills=setting.kills,
            seed=setting.seed,
        )
        try:
            yield ordeal
        finally:
            ordeal.close()
            postbox.stop()
            broker.remove()
            if copy and self._cluster:
                self._cluster.drop(copy)
            shutil.rmtree(folder)

    def remove(self) -> None:
        """Stop what was started."""
        self._office.close()
        if self._cluster:
            self._cluster.remove()

    def _url(self, database: str, folder: Path, name: str) -> str:
        if database == "sqlite" or self._cluster is None:
            return f"sqlite:///{folder / 'newsletter.sqlite'}"
        return self._cluster.url(name)


def settings(
    folder: Path,
    *,
    database: str,
    broker: str = "redis://",
    smtp: str = "smtp://",
    connections: int = 8,
    on_doubt: str = "hold",
    **more: object,
) -> dict[str, str]:
    """Return the environment of an installation; makes its key file if need be."""
    if not (folder / "newsletter.key").exists():
        create_key_file(folder / "newsletter.key")
    given = {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "SMTP_URL": f"{smtp}?name={{name}}",  # the server counts connections by worker
        "DATA_DIR": folder,
        "KEY_FILE": folder / "newsletter.key",
        "PUBLICATION": SEEDS / "publication.toml",
        "SMTP_CONNECTIONS": connections,
        "ON_DOUBT": on_doubt,
        "LEASE_SECONDS": LEASE,
        "BEAT_SECONDS": 1,
        "BATCH_SIZE": 100,
        "SLICES_PER_LETTER": 4,
        **more,
    }
    return {PREFIX + name: str(value) for name, value in given.items()}
