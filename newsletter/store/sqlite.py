"""SQLite as we use it: a write-ahead log, and one lock for writing that processes have in turn."""

import sqlite3
import time
from typing import Any

from newsletter.clock import monotonic

BUSY_SECONDS = 30
BUSY_LOOKS = (0.00005, 0.001)
"""Seconds between two looks whether the lock is free: at first, and later."""

LATER_SECONDS = 0.03
"""Most transactions are shorter, and who writes without a break leaves the lock free for less than a millisecond."""

FAULTS = {
    "locked": "another process holds the database; if none is at work, one is frozen: look for it and end it",
    "unable to open": "the database file cannot be opened; check NEWSLETTER_DATABASE_URL, and the rights of its folder",
    "readonly": "the database file cannot be written; check its rights and its folder's",
    "disk": "the disk of the database is full or failing",
    "not a database": "what NEWSLETTER_DATABASE_URL or NEWSLETTER_DATA_DIR leads to is not a database of SQLite",
}
"""Words of SQLite's, and what they mean to an operator."""


def prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """Make a new connection ours, whoever else is just opening the file for the first time.

    Raises
    sqlite3.OperationalError: see `begin_to_write`.
    """
    connection.isolation_level = None  # the driver's own BEGIN comes too late for IMMEDIATE; we say it ourselves
    # Of several that turn a new file into one with a write-ahead log, SQLite sends all but one away without a wait.
    _once_free(connection, "PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_to_write(connection: sqlite3.Connection) -> None:
    """Take the one lock for writing; other processes have it in turn with us.

    Raises
    sqlite3.OperationalError: somebody holds it for longer than `BUSY_SECONDS`, or the file is not fit.
    """
    _once_free(connection, "BEGIN IMMEDIATE")


def _once_free(connection: sqlite3.Connection, statement: str) -> None:
    # SQLite itself would look again after longer and longer pauses, up to a tenth of a second, and beside a worker that
    # writes without a break a page would hardly ever find the lock free.
    began = monotonic()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute(statement)
                return
            except sqlite3.OperationalError as error:
                waited = monotonic() - began
                if "locked" not in str(error) or waited >= BUSY_SECONDS:
                    raise
            time.sleep(BUSY_LOOKS[waited >= LATER_SECONDS])
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
