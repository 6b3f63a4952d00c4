"""`newsletter keys new`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.terminal import result, say
from newsletter.sealing import create_key_file
from newsletter.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The keys that seal addresses.")


@app.callback()
def _group() -> None:
    """Make `keys` a group though it has one command."""


@app.command()
def new(
    path: Annotated[Path | None, typer.Argument(help="Where to; unset: NEWSLETTER_KEY_FILE or its default.")] = None,
) -> None:
    """Write a new key file, readable by you alone; never over one that exists."""
    where = path or load_settings().keys
    create_key_file(where)
    result(str(where))
    say("Keep a copy in a safe place: without it the addresses of your readers cannot be read by anybody.")
