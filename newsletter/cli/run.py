"""`newsletter run`: everything on this machine, the sample digest delivered."""

import os
import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    once: Annotated[bool, typer.Option("--once", help="Exit when the sample digest has been delivered.")] = False,
) -> None:
    """Run everything on this machine, and deliver the sample digest to the sample readers; nothing leaves it."""
    sys.stdout.flush()
    words = ["-m", "newsletter.embedded", *(["--once"] if once else [])]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  # a door may not import another door
