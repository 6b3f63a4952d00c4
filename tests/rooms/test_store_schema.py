"""The schema: migrations and models agree, on both engines, down to every constraint."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from newsletter.store import Database, open_database, schema
from newsletter.store.schema import METADATA, SchemaAhead, SchemaBehind, check_schema, upgrade


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = open_database(empty_database_url)
    yield database
    database.close()


def described(connection: Connection) -> dict[str, Any]:
    """Everything the database says of our tables, constraint by constraint."""
    found = inspect(connection)

    def plain(items: Any) -> list[str]:
        return sorted(str(sorted((key, str(value)) for key, value in item.items())) for item in items)

    return {
        table: [
            plain(found.get_columns(table)),
            plain([found.get_pk_constraint(table)]),
            plain(found.get_foreign_keys(table)),
            plain(found.get_unique_constraints(table)),
            plain(found.get_check_constraints(table)),
            plain(found.get_indexes(table)),
        ]
        for table in sorted(set(found.get_table_names()) - {"alembic_version"})
    }


def test_migrations_make_what_the_models_say(empty: Database) -> None:
    with empty.engine.connect() as connection:
        METADATA.create_all(connection)
        wanted = described(connection)
        connection.rollback()
    upgrade(empty)
    with empty.engine.connect() as connection:
        assert described(connection) == wanted
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)
    assert differences == []
    assert set(wanted) == set(METADATA.tables)


def test_migrating_again_does_nothing(empty: Database) -> None:
    assert [upgrade(empty) for _ in range(3)] == [True, False, False]
    check_schema(empty)


def test_of_many_who_migrate_at_once_one_does_it(empty_database_url: str) -> None:
    def migrate(_: int) -> bool:
        database = open_database(empty_database_url)
        try:
            return upgrade(database)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(migrate, range(4))) == [False, False, False, True]


def test_a_database_that_is_behind_is_refused_with_what_to_run(empty: Database) -> None:
    with pytest.raises(SchemaBehind, match=r"schema is empty, this code wants \d{4}: newsletter db upgrade"):
        check_schema(empty)


def test_a_database_that_newer_code_has_changed_is_left_alone(empty: Database) -> None:
    upgrade(empty)
    with empty.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (check_schema, upgrade):
        with pytest.raises(SchemaAhead, match="the database's schema is 9999, newer than this code"):
            use(empty)


def test_a_migration_that_fails_leaves_nothing_half_done(empty: Database) -> None:
    with empty.transaction() as session:
        session.execute(text("CREATE TABLE subscribers (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    with empty.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) - {"alembic_version"} == {"subscribers"}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO digests (week, state) VALUES ('2019-W41', 'sleeping')",
        "INSERT INTO digests (week) VALUES ('2019-W41')",
        "INSERT INTO translations VALUES (1, 'en', 'a', 'b', 'c', NULL)",
        "INSERT INTO suppressions (lookup, reason, day) VALUES (NULL, 'left', '2019-10-07')",
    ],
)
def test_the_database_itself_refuses_what_no_row_may_be(empty: Database, statement: str) -> None:
    upgrade(empty)
    with pytest.raises(IntegrityError), empty.transaction() as session:
        session.execute(text(statement))


@pytest.fixture
def two(empty: Database) -> Callable[[str], None]:
    """Insert the same row twice; the second time must be refused."""
    upgrade(empty)

    def insert(statement: str) -> None:
        with empty.transaction() as session:
            session.execute(text(statement.format(id=1)))
        with pytest.raises(IntegrityError), empty.transaction() as session:
            session.execute(text(statement.format(id=2)))

    return insert


def test_a_reader_has_one_delivery_of_a_digest(two: Callable[[str], None]) -> None:
    two(
        "INSERT INTO deliveries (id, digest_id, letter_id, plan_id, subscriber_id, state, attempts, crashes, copy)"
        " VALUES ({id}, 7, 1, 1, 9, 'queued', 0, 0, 0)"
    )


def test_a_week_has_one_digest(two: Callable[[str], None]) -> None:
    two("INSERT INTO digests (id, week, state) VALUES ({id}, '2019-W41', 'open')")


def test_the_revisions_that_file_names_tell_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    told = [script.revision for script in scripts.walk_revisions()][::-1]
    assert sorted(path.name[:4] for path in (schema.MIGRATIONS / "versions").glob("[0-9]*.py")) == told
    assert scripts.get_current_head() == told[-1]
