"""Engines as tests have them, a new one for most: no statement is compiled twice, and SQLite waits for no disk.

SQLAlchemy keeps what it has compiled with the engine, and a process of ours has one for as long as it lives.  To
compile for each test anew took a fifth of the suite's time.
"""

import sqlite3
from typing import Any

from sqlalchemy import Dialect, Engine, create_engine, event, make_url

from newsletter.store.sqlite import prepare

ROOM = 5000
"""Statements kept; there are some hundreds."""

_known: dict[str, tuple[Dialect, Any]] = {}
"""Driver → a dialect that has met its server, and what was compiled for it."""


def quick_engine(url: str, **given: Any) -> Engine:
    """Return what `create_engine` does, with what earlier ones have learned."""
    engine = create_engine(url, query_cache_size=ROOM, **given)
    driver = make_url(url).drivername
    if driver in _known:
        engine.dialect, engine._compiled_cache = _known[driver]
    else:

        def keep(*_: object) -> None:
            _known.setdefault(driver, (engine.dialect, engine._compiled_cache))

        event.listen(engine, "first_connect", keep)
    return engine


def prepare_quickly(connection: sqlite3.Connection, record: Any) -> None:
    """Prepare a connection that waits for no disk: what a process has written outlives the process all the same."""
    prepare(connection, record)
    connection.execute("PRAGMA synchronous=OFF")  # as `fsync=off` does on the other engine
