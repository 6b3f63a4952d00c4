"""`newsletter digest check [WEEK]`"""

from typing import Annotated

import typer

from newsletter import publishing
from newsletter.cli.terminal import result, result_json, say, week_argument
from newsletter.publishing import Account
from newsletter.runtime import runtime
from newsletter.store.digests import PLANNED, weeks_in
from newsletter.weeks import Week

FAULTS_FOUND = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    week: Annotated[
        Week | None,
        typer.Argument(parser=week_argument, metavar="WEEK", help="ISO week, like 2019-W41; unset: all planned ones."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False,
) -> None:
    """Hold what was planned against what there is, and look for deliveries that nobody would come to.

    May be asked at any time, while workers are at work too.
    """
    with runtime().database.reading() as session:
        weeks = [week] if week else weeks_in(session, PLANNED)
        accounts = [publishing.check(session, one) for one in weeks]
    if as_json:
        result_json([account.to_json() for account in accounts])
    else:
        for account in accounts:
            _show(account)
        if not accounts:
            say("nothing has been planned yet")
    if not all(account.is_sound for account in accounts):
        raise typer.Exit(FAULTS_FOUND)


def _show(account: Account) -> None:
    counted = account.counted
    counts = ", ".join(f"{count:,} {state}" for state, count in counted.states.items() if count)
    line = f"{account.week}  {account.state}  planned {counted.planned:,}" + (f": {counts}" if counts else "")
    result(line + ("  sound" if account.is_sound else ""))
    if not counted.balances:
        result("  the account does not balance: planned and found differ")
    if account.uncovered:
        result(f"  {account.uncovered:,} owed and in no batch: nobody would claim them")
    if account.unattended:
        result(f"  {account.unattended:,} on the wire, as they say, and no worker has them")
    if account.leftover:
        result(f"  {account.leftover:,} batches are left of a digest that has ended")
