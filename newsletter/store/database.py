"""Opening a database: SQLite embedded, PostgreSQL by URL; transactions that write, and those that only read."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from newsletter.errors import OperatorError
from newsletter.store import sqlite

IDLE_SECONDS = 60
CONNECT_SECONDS = 10


class DatabaseAway(OperatorError):
    """The database does not answer.  Never holds its URL, which may hold a password."""


class Database:
    """One database, opened lazily; never shared over a fork."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer: within a process we take turns, for its busy handler only sleeps and looks again.
        self.writing: AbstractContextManager[object] = threading.RLock() if self.is_sqlite else nullcontext()
        self._reader = engine.execution_options(sqlite_begin="DEFERRED")

    @property
    def is_sqlite(self) -> bool:
        """Whether the one-writer rules of SQLite apply."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction that may write: committed at the end, rolled back on an exception.

        Raises
        DatabaseAway: it cannot be reached.
        """
        with (
            self.writing,
            self._reachable(self.engine) as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads; on SQLite it waits for no writer."""
        with self._reachable(self._reader) as connection, Session(connection, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _reachable(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.connect() as connection:
                yield connection
        except (DatabaseError, sqlite3.OperationalError) as error:
            if not self.is_sqlite:
                if not isinstance(error, OperationalError):
                    raise
                raise DatabaseAway(
                    "the database does not answer; check NEWSLETTER_DATABASE_URL and that the server runs"
                ) from None
            for words, meaning in sqlite.FAULTS.items():
                if words in str(getattr(error, "orig", error)):
                    raise DatabaseAway(meaning) from None
            if isinstance(error, sqlite3.OperationalError):
                raise DatabaseAway(f"the database file cannot be written: {error}") from None
            raise

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at `url`; nothing is connected yet, but a new SQLite file is made, for its owner alone.

    Raises
    DatabaseAway: it is not the URL of a database; it is not quoted.
    """
    try:
        return Database(_engine(url))
    except (ArgumentError, ValueError):
        raise DatabaseAway("NEWSLETTER_DATABASE_URL is not what it should be: postgresql://… or sqlite:///…") from None


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        # A process that is frozen in a transaction must not hold its locks for ever.
        options = f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
        arguments = {"options": options, "connect_timeout": CONNECT_SECONDS}
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)
    engine = create_engine(url, connect_args={"timeout": sqlite.BUSY_SECONDS}, hide_parameters=True)
    path = engine.url.database
    if path and path != ":memory:" and not Path(path).exists():
        with suppress(OSError):  # whatever is wrong with the place is said when the file is opened
            Path(path).touch(mode=0o600)  # SQLite would let everyone on the machine read it
    event.listen(engine, "connect", sqlite.prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins by reading and then writes fails at once if somebody wrote in between, whatever the
    # busy timeout: so whoever may write says so at the start.
    if connection.get_execution_options().get("sqlite_begin", "IMMEDIATE") == "IMMEDIATE":
        sqlite.begin_to_write(cast("sqlite3.Connection", connection.connection.driver_connection))
    else:
        connection.exec_driver_sql("BEGIN DEFERRED")
