"""`newsletter digest doubtful WEEK`"""

from collections import Counter
from typing import Annotated, Any

import typer

from newsletter import publishing
from newsletter.cli.digest import WeekArgument
from newsletter.cli.ringing import ring
from newsletter.cli.terminal import operator, result, result_json, say
from newsletter.runtime import Runtime, runtime
from newsletter.store.doubts import Doubt
from newsletter.weeks import Week

UNKNOWN = "unknown server"
"""Where a worker was killed before it could say."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doubtful)


def doubtful(
    week: WeekArgument,
    resend: Annotated[
        bool, typer.Option("--resend", help="Owe them again under the same Message-ID: some may get it twice.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="Leave them at that: some may never have got it.  They are listed no more.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False,
) -> None:
    """List deliveries that were cut off without an answer: nobody knows whether they arrived.  Or settle them."""
    if resend and leave:
        raise typer.BadParameter("either --resend or --leave, not both")
    here = runtime()
    if resend:
        _resend(here, week)
    elif leave:
        with here.database.transaction() as session:
            left = publishing.leave_doubtful(session, week, now=here.clock(), who=operator())
        result(f"{week}: {left} left in doubt")
    else:
        _list(here, week, as_json=as_json)


def _resend(here: Runtime, week: Week) -> None:
    here.check()
    with here.database.transaction() as session:
        owed = publishing.resend_doubtful(
            session, week, now=here.clock(), who=operator(), batch_size=here.settings.batch_size
        )
        remaining = len(publishing.doubtful(session, week))
    result(f"{week}: {owed} owed again")
    if remaining:
        say(f"{week}: {remaining} stay in doubt: their readers are not written to any more")
    if owed:
        ring()


def _list(here: Runtime, week: Week, *, as_json: bool) -> None:
    with here.database.reading() as session:
        found = publishing.doubtful(session, week)
    if as_json:
        result_json([_to_json(one) for one in found])
        return
    counts = Counter((_letter(one), one.server or UNKNOWN) for one in found)
    for (letter, server), count in sorted(counts.items()):
        result(f"{week}: {count:,} in doubt: {letter}, {server}")
    for one in found:
        when = f"{one.at.astimezone(here.publication.time_zone):%Y-%m-%d %H:%M}" if one.at else ""
        facts = (str(one.id), _letter(one), one.server or UNKNOWN, f"crashes {one.crashes}", when, one.text)
        result("  ".join(fact for fact in facts if fact))
    if not found:
        say(f"{week}: nothing is in doubt")


def _letter(one: Doubt) -> str:
    return f"{one.edition} ({', '.join(one.languages.split())}, {one.variant})"


def _to_json(one: Doubt) -> dict[str, Any]:
    return {
        "id": one.id,
        "edition": one.edition,
        "languages": one.languages.split(),
        "variant": one.variant.value,
        "server": one.server or None,
        "crashes": one.crashes,
        "at": one.at.isoformat() if one.at else None,
        "text": one.text,
    }
