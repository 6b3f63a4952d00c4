"""`newsletter servers`"""

from typing import Annotated

import typer

from newsletter.cli.terminal import result, result_json
from newsletter.runtime import runtime
from newsletter.store.servers import Standing, standings
from newsletter.transport import Server


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("servers")(servers)


def servers(as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False) -> None:
    """Show the mail servers: their part of the mail, what slows them down, which one is out and why."""
    here = runtime()
    with here.database.reading() as session:
        found = standings(session, [server.label for server in here.servers])
    if as_json:
        result_json([_plain(server, found[server.label]) for server in here.servers])
        return
    for server in here.servers:
        words = [server.label, f"{server.connections} connections"]
        if server.weight is not None:
            words.append(f"weight {server.weight:g}")
        if server.per_minute is not None:
            words.append(f"{server.per_minute:,} a minute")
        result("  ".join([*words, _state(found[server.label])]))


def _state(standing: Standing) -> str:
    if standing.out_for:
        return f"out for {standing.out_for:.0f} s more: {standing.text}"
    if standing.failures:
        return f"to be asked again; it last said: {standing.text}"
    if standing.slowed_to is not None:
        return f"slowed down to {standing.slowed_to:,.0f} a minute: it puts off most of what it gets"
    return "fine"


def _plain(server: Server, standing: Standing) -> dict[str, object]:
    return {
        "server": server.label,
        "weight": server.weight,
        "connections": server.connections,
        "per_minute": server.per_minute,
        "slowed_to": standing.slowed_to,
        "out_for": standing.out_for,
        "failures": standing.failures,
        "text": standing.text,
    }
