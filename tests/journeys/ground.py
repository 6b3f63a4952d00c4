"""What ordeals stand on: a digest planned once on each database, to be copied, and the servers beside it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.store import open_database
from tests.journeys.crew import Nursery
from tests.journeys.ordeal import Ordeal, settings
from tests.journeys.scenarios import Scenario
from tests.journeys.site import Site, prepare
from tests.servers.broker import Broker
from tests.servers.places import short_directory
from tests.servers.postbox import Postbox
from tests.servers.postgresql import Cluster


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

    def __init__(self, folder: Path, readers: int, databases: Sequence[str]) -> None:
        self._folder = folder
        self._nursery = Nursery()
        self._cluster = Cluster(durable=True) if "postgresql" in databases else None
        self._planned = self._cluster.create() if self._cluster else ""
        for database in databases:
            url = self._url(database, folder, self._planned)
            here = Site(settings(folder, database=url), folder).here
            empty = open_database(url)
            here.set_up(empty)
            empty.close()
            self.readers = prepare(here, readers)
            here.database.close()

    @contextmanager
    def ordeal(self, setting: Setting) -> Iterator[Ordeal]:
        """Make a copy of the installation, with a broker and a postbox of its own."""
        folder, control = short_directory("site"), short_directory("postbox")
        copy = ""
        if setting.database == "sqlite":
            shutil.copy(self._folder / "newsletter.sqlite", folder)
        elif self._cluster:
            copy = self._cluster.create(template=self._planned)
        shutil.copy(self._folder / "newsletter.key", folder)
        broker, postbox = Broker(), Postbox(control)
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
            Site(given, folder),
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
            shutil.rmtree(control)
            shutil.rmtree(folder)

    def remove(self) -> None:
        """Stop what was started."""
        self._nursery.close()
        if self._cluster:
            self._cluster.remove()

    def _url(self, database: str, folder: Path, name: str) -> str:
        if database == "sqlite" or self._cluster is None:
            return f"sqlite:///{folder / 'newsletter.sqlite'}"
        return self._cluster.url(name)
