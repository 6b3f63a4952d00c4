"""`newsletter check`"""

from typing import Annotated

import typer

from newsletter.cli.terminal import result, result_json, say
from newsletter.inbound.doors.listening import Listening
from newsletter.runtime import runtime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False) -> None:
    """Open everything the installation needs, and warn of what would surprise you."""
    here = runtime()
    here.check()
    warnings = [*here.warnings(), *Listening.at(here.settings.inbound_url).warnings]
    if as_json:
        result_json({"warnings": warnings})
    else:
        for warning in warnings:
            result(f"warning: {warning}")
        say("settings, publication, database, keys and mail servers: fit for use")
