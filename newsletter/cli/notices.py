"""`newsletter notices`"""

from typing import Annotated

import typer

from newsletter.cli.terminal import result, say
from newsletter.runtime import runtime
from newsletter.store.notices import see_notices, unseen_notices


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(notices)


def notices(seen: Annotated[bool, typer.Option("--seen", help="Say that you have seen them all.")] = False) -> None:
    """List what you must know and have not said you have seen; each was mailed to you too."""
    here = runtime()
    with here.database.reading() as session:
        rows = unseen_notices(session)
    for row in rows:
        when = row.at.astimezone(here.publication.time_zone)
        result("  ".join(part for part in (f"{when:%Y-%m-%d %H:%M}", row.week or "", row.kind, row.text) if part))
    if not rows:
        say("nothing")
    if seen:
        with here.database.transaction() as session:
            see_notices(session, now=here.clock())
