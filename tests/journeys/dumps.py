"""Everything that an installation keeps, as octets: each table, each file, each key of the broker."""

import sqlite3
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.broker import Broker


def tables(url: str) -> dict[str, bytes]:
    """Return every table of a database, and the files of one that is a file: an old page may hold what no row does."""
    if url.startswith("postgresql"):
        return _copied(url)
    path = Path(url.removeprefix("sqlite:///"))
    files = {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}
    assert f"{path.name}-wal" in files, "nobody has it open, and the log of writes is gone"
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    connection.close()
    return files | {name: b"\n".join(_octets(value) for row in found for value in row) for name, found in rows.items()}


def broker_contents(broker: Broker) -> dict[str, bytes]:
    """Return every key and value, and the files that it would start with again."""
    with broker.connect() as connection:
        connection.config_set("rdbcompression", "no")
        connection.bgrewriteaof()
    kept = {"keys and values": b"\n".join(broker.contents())}
    return kept | files(broker.path.parent)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name
    }


def _octets(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _copied(url: str) -> dict[str, bytes]:
    found = {}
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
                found[name] = b"".join(bytes(block) for block in copy)
    return found
