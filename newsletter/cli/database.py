"""`newsletter db upgrade`"""

from contextlib import closing

import typer

from newsletter.cli.terminal import result
from newsletter.runtime import Runtime
from newsletter.settings import load_settings
from newsletter.store import open_database

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.callback()
def _group() -> None:
    """Make `db` a group though it has one command."""


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this code; safe to run again."""
    settings = load_settings()
    if settings.database_url is None:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(open_database(settings.database)) as database:
        changed = Runtime(settings).set_up(database)
    result("the database is up to date" + ("" if changed else " already"))
