"""The schema: what the code wants (the models) and how a database comes to it (Alembic's migrations)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text

from newsletter.errors import OperatorError
from newsletter.store import (
    audit,
    batches,
    commentaries,
    deliveries,
    digests,
    letters,
    notices,
    subscribers,
    suppressions,
)
from newsletter.store.base import Base
from newsletter.store.database import Database

METADATA: MetaData = Base.metadata
TABLES = (audit, batches, commentaries, deliveries, digests, letters, notices, subscribers, suppressions)
"""The modules that have tables; importing them is what fills METADATA."""

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaBehind(OperatorError):
    """The database has not the schema of this code."""


class SchemaAhead(OperatorError):
    """The database has a schema that this code does not know yet."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _found(database: Database) -> str | None:
    with database.reading() as session:
        found = MigrationContext.configure(session.connection()).get_current_revision()
    if found not in {None, *(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())}:
        raise SchemaAhead(f"the database's schema is {found}, newer than this code; install the newer code again")
    return found


def upgrade(database: Database) -> bool:
    """Bring the database to the newest schema; return whether anything was to be done.  Two at once take turns.

    Raises
    SchemaAhead: newer code was here.
    """
    newest = _newest()
    if _found(database) == newest:
        return False
    with database.transaction() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('newsletter schema'))"))
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return False
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return True


def check_schema(database: Database) -> None:
    """Refuse to work on another schema than ours.

    Raises
    SchemaBehind: says what to run.
    SchemaAhead: newer code was here.
    """
    newest, found = _newest(), _found(database)
    if found != newest:
        raise SchemaBehind(
            f"the database's schema is {found or 'empty'}, this code wants {newest}: newsletter db upgrade"
        )
