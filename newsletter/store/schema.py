"""The schema: what the code wants (the models) and how a database comes to it (Alembic's migrations)."""

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from newsletter.errors import OperatorError
from newsletter.store import (  # noqa: F401  # the modules that have tables: importing them is what fills METADATA
    askings,
    audit,
    batches,
    bounces,
    commentaries,
    consents,
    deliveries,
    digests,
    letters,
    notes,
    notices,
    received,
    servers,
    subscribers,
    suppressions,
    tallies,
)
from newsletter.store.base import Base
from newsletter.store.database import Database

METADATA: MetaData = Base.metadata
MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaBehind(OperatorError):
    """The database has not the schema of this code."""


class SchemaAhead(OperatorError):
    """The database has a schema that this code does not know yet."""


def _revisions() -> list[str]:
    """Return the revisions this code knows, oldest first: each migration's file begins with its number."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _found(database: Database) -> str | None:
    with database.reading() as session:
        found = _revision(session.connection())
    if found is not None and found not in _revisions():
        raise SchemaAhead(f"the database's schema is {found}, newer than this code; install the newer code again")
    return found


def upgrade(database: Database) -> bool:
    """Bring the database to the newest schema; return whether anything was to be done.  Two at once take turns.

    Raises
    SchemaAhead: newer code was here.
    """
    newest = _revisions()[-1]
    if _found(database) == newest:
        return False

    from alembic import command  # slow to import, and most starts migrate nothing
    from alembic.config import Config

    with database.transaction() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('newsletter schema'))"))
        if _revision(connection) == newest:
            return False
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return True


def check_schema(database: Database) -> None:
    """Refuse to work on another schema than ours.

    Raises
    SchemaBehind: says what to run.
    SchemaAhead: newer code was here.
    """
    newest, found = _revisions()[-1], _found(database)
    if found != newest:
        raise SchemaBehind(
            f"the database's schema is {found or 'empty'}, this code wants {newest}: newsletter db upgrade"
        )
