"""Databases for benches, on disk and durable: filled once, and copied for each round."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

from tests.servers.postgresql import Cluster, Databases

OUR_OWN = "postgresql"
"""Said instead of a URL: start a server of our own, with fsync on."""


class Copies(Protocol):
    """Makes databases, empty or like another, and drops them; all by URL."""

    kind: str

    def make(self, like: str | None = None) -> str:
        """Make a database; nobody may be connected to the one it is to be like."""
        ...

    def gather_statistics(self, url: str) -> None:
        """Let the server know what is in it, as it does of tables that have been there for a while."""
        ...

    def drop(self, url: str) -> None:
        """Remove it."""
        ...


class SqliteCopies:
    """Files in a folder."""

    kind = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def make(self, like: str | None = None) -> str:
        path = self._folder / f"{next(self._numbers)}.sqlite"
        path.touch(0o600)
        if like is not None:
            shutil.copyfile(_path(like), path)
            with path.open("rb") as file:
                os.fsync(file.fileno())  # or the kernel writes it while we measure
        return f"sqlite:///{path}"

    def gather_statistics(self, url: str) -> None:
        pass  # nobody does on SQLite

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            _path(url).with_name(_path(url).name + suffix).unlink(missing_ok=True)


class PostgresqlCopies:
    """Databases of a server."""

    kind = "PostgreSQL"

    def __init__(self, server: Databases) -> None:
        self._server = server
        self._names: dict[str, str] = {}

    def make(self, like: str | None = None) -> str:
        name = self._server.create() if like is None else self._server.create(template=self._names[like])
        self._names[self._server.url(name)] = name
        return self._server.url(name)

    def gather_statistics(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def drop(self, url: str) -> None:
        self._server.drop(self._names.pop(url))

    def drop_all(self) -> None:
        """Leave the server as it was found."""
        for url in list(self._names):
            self.drop(url)


@contextmanager
def databases(given: str | None, folder: Path) -> Iterator[Copies]:
    """Give SQLite files in `folder`; or databases of our own beside that at a URL, or of a server of our own."""
    if not given:
        yield SqliteCopies(folder)
    elif given == OUR_OWN:
        cluster = Cluster(durable=True)
        try:
            yield PostgresqlCopies(cluster)
        finally:
            cluster.remove()
    else:
        try:
            psycopg.connect(given).close()
        except psycopg.Error as error:
            raise SystemExit(f"--database: no PostgreSQL there ({type(error).__name__})") from None
        copies = PostgresqlCopies(Databases(given))
        try:
            yield copies
        finally:
            copies.drop_all()


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))
