"""Databases like a template, used again: to make one and to drop it costs 0.1 s, and 8 MB of writing."""

import psycopg

from newsletter.store.schema import METADATA
from tests.servers.postgresql import Databases

LARGEST = 4 * 2**20
"""Octets of all tables and indexes together; deleted rows do not give them back, and the next test has small ones."""

SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
SHAPE = """
SELECT md5(string_agg(part, chr(10) ORDER BY part)) FROM (
  SELECT format('%s %s %s %s', relname, relkind, reloptions, relowner) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s %s %s %s', attrelid::regclass, attnum, attname, atttypid, attnotnull)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('%s', prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT format('%s', setconfig) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION ALL SELECT version_num FROM alembic_version
) AS shape (part)
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
FIRST_IDS = """
SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences
WHERE last_value IS NOT NULL
"""


TABLES = [table.name for table in METADATA.sorted_tables]
EMPTY = ";".join(("BEGIN", *(f'DELETE FROM "{name}"' for name in reversed(TABLES)), FIRST_IDS, "COMMIT"))


class Copies:
    """The databases that are free."""

    def __init__(self, server: Databases, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        with psycopg.connect(server.url(template)) as connection:
            self._shape = connection.execute(SHAPE).fetchone()
            full = [name for name in TABLES if connection.execute(f'SELECT FROM "{name}" LIMIT 1').fetchall()]
            assert not full, "the template has rows, which would not come back"

    def take(self) -> str:
        """Return the name of one that is like the template."""
        return self._free.pop() if self._free else self._server.create(template=self._template)

    def give_back(self, name: str) -> None:
        """Empty one for the next, or drop it if it has grown, or if something else than rows has become different."""
        with psycopg.connect(self._server.url(name), autocommit=True) as connection:
            connection.execute(END_OTHERS)
            size = connection.execute(SIZE).fetchone()
            like_the_template = connection.execute(SHAPE).fetchone() == self._shape
            can_be_used_again = like_the_template and size is not None and size[0] <= LARGEST
            if can_be_used_again:
                connection.execute(EMPTY)
        if can_be_used_again:
            self._free.append(name)
        else:
            self._server.drop(name)

    def remove(self) -> None:
        """Drop all that are free."""
        for name in self._free:
            self._server.drop(name)
