"""`newsletter digest pause|resume|cancel|resend WEEK`"""

from typing import Annotated

import typer

from newsletter import addresses, publishing
from newsletter.cli.digest import WeekArgument
from newsletter.cli.ringing import ring
from newsletter.cli.terminal import operator, result, say
from newsletter.publishing import Reach
from newsletter.runtime import runtime
from newsletter.store.digests import DigestState

NOTHING_DONE = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (pause, resume, cancel, resend):
        app.command()(command)


def pause(week: WeekArgument) -> None:
    """Let nothing more go out until `resume` or `send`; what is on the wire at this moment is finished."""
    here = runtime()
    with here.database.transaction() as session:
        publishing.pause(session, week, now=here.clock(), who=operator())
    result(f"{week}: paused")


def resume(week: WeekArgument) -> None:
    """Let a paused digest go on, whatever paused it."""
    here = runtime()
    here.check()
    with here.database.transaction() as session:
        publishing.resume(session, week, now=here.clock(), who=operator())
    result(f"{week}: goes on")
    ring()


def cancel(
    week: WeekArgument, yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False
) -> None:
    """End the digest for good: who has not got it will not get it, and the week is not public any more.

    What is on the wire at this moment is finished.
    """
    here = runtime()
    with here.database.reading() as session:
        so_far = publishing.reach(session, week)
    if not yes:
        say(f"{week}: {_told(so_far)}.  It cannot be taken back: what is cancelled is never sent.")
        if not typer.confirm("Cancel it?", err=True):
            say("nothing is changed")
            raise typer.Exit(NOTHING_DONE)
    with here.database.transaction() as session:
        done = publishing.cancel(session, week, now=here.clock(), who=operator())
    result(f"{week}: cancelled: {_told(done)}")


def _told(reach: Reach) -> str:
    return f"{reach.have:,} have it, {reach.may_have:,} may have it, {reach.without:,} have not"


def resend(
    week: WeekArgument, address: Annotated[str, typer.Argument(help="The reader who is to get it once more.")]
) -> None:
    """Send the digest to one reader once more, as a message of its own, whether the first arrived or not."""
    here = runtime()
    here.check()
    with here.database.transaction() as session:
        state = publishing.resend(
            session,
            here.publication,
            here.keyring,
            week,
            addresses.parse(address),
            now=here.clock(),
            who=operator(),
            batch_size=here.settings.batch_size,
        )
    result(f"{week}: owed to this reader once more")
    if state is DigestState.PAUSED:
        say(f"{week}: the digest is paused; newsletter digest resume {week} goes on with it")
    ring()
