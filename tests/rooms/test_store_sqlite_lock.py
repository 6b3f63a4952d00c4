"""SQLite's one lock: whoever may write waits for it, looks often, and says in the end who has it."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.store import Database, DatabaseAway, open_database, sqlite


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'newsletter.sqlite'}")
    with opened.transaction() as session:
        session.execute(text("CREATE TABLE numbers (number INTEGER)"))
    yield opened
    opened.close()


@pytest.fixture
def holder(tmp_path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    """Another process's connection, which holds the lock."""
    assert database.is_sqlite
    other = sqlite3.connect(tmp_path / "newsletter.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_who_writes_gets_the_lock_when_it_is_free(database: Database, holder: sqlite3.Connection) -> None:
    begun = threading.Event()

    def write() -> None:
        begun.set()
        with database.transaction() as session:
            session.execute(text("INSERT INTO numbers VALUES (1)"))

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    writer.join(0.05)
    assert writer.is_alive()
    holder.execute("COMMIT")
    writer.join(10)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM numbers")) == 1


def test_who_never_gets_it_is_told_and_nothing_is_left_open(
    database: Database, holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0)
    with pytest.raises(DatabaseAway, match="another process holds the database"), database.transaction() as session:
        session.execute(text("INSERT INTO numbers VALUES (1)"))
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM numbers")) == 0
    holder.execute("COMMIT")
    with database.transaction() as session:
        session.execute(text("INSERT INTO numbers VALUES (1)"))


def test_several_open_a_new_file_at_once(tmp_path: Path) -> None:
    """The first of them turns it into one with a write-ahead log: web, worker and beat may start together."""
    many, files = 6, 40
    together = threading.Barrier(many)

    def look(file: int) -> object:
        opened = open_database(f"sqlite:///{tmp_path / f'{file}.sqlite'}")
        try:
            together.wait(10)
            with opened.reading() as session:
                return session.scalar(text("PRAGMA journal_mode"))
        finally:
            opened.close()

    with ThreadPoolExecutor(many) as pool:
        for file in range(files):
            assert list(pool.map(look, [file] * many)) == ["wal"] * many
