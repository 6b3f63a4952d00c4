"""`newsletter inbound review`: mail that only a person understands."""

import sys
from typing import Annotated

import typer

from newsletter.cli.terminal import operator, result, say
from newsletter.errors import OperatorError
from newsletter.inbound import Source, unpack
from newsletter.runtime import Runtime, runtime
from newsletter.store.audit import add_audit
from newsletter.store.received import ReceivedRow, for_review, reviewed
from workers import bells


class NothingToReview(OperatorError):
    """No mail of that number waits for a person."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)


def review(
    number: Annotated[int | None, typer.Argument(help="Which one, as the list has it.  None: list them all.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Have it worked off once more.")] = False,
    done: Annotated[bool, typer.Option("--done", help="You have seen to it: forget it.")] = False,
) -> None:
    """List the mail that could not be understood; with a number, print that one as it came, to look at it."""
    if again and done:
        raise typer.BadParameter("--again and --done exclude each other")
    if number is None and (again or done):
        raise typer.BadParameter("say which one: newsletter inbound review NUMBER --again")
    here = runtime()
    if number is None:
        _list(here)
    elif again or done:
        _settle(here, number, again=again)
    else:
        _print(here, number)


def _list(here: Runtime) -> None:
    with here.database.reading() as session:
        rows = for_review(session)
    for row in rows:
        when = row.at.astimezone(here.publication.time_zone)
        result(f"{row.id:>6}  {when:%Y-%m-%d %H:%M}  {row.source:<8}  {row.what}")
    if not rows:
        say("nothing")


def _print(here: Runtime, number: int) -> None:
    with here.database.transaction() as session:
        row = next((row for row in for_review(session) if row.id == number), None)
        if row is None:
            raise _none(number)
        add_audit(session, now=here.clock(), who=operator(), what="received mail shown")
        mail = unpack(Source(row.source), _opened(here, row))
    say(f"to: {mail.recipient or '-'}  from: {mail.sender or '<>'}  by: {mail.source}")
    sys.stdout.buffer.write(mail.content)
    sys.stdout.flush()


def _opened(here: Runtime, row: ReceivedRow) -> bytes:
    return here.keyring.open_octets(row.sealed or b"", bound_to=row.ref)


def _settle(here: Runtime, number: int, *, again: bool) -> None:
    with here.database.transaction() as session:
        if not reviewed(session, number, again_at=here.clock() if again else None):
            raise _none(number)
        add_audit(session, now=here.clock(), who=operator(), what=f"received mail {'tried again' if again else 'done'}")
    if again:
        bells.ring_for_received()
    result(f"{number}: {'is worked off again' if again else 'forgotten'}")


def _none(number: int) -> NothingToReview:
    return NothingToReview(f"{number}: nothing of that number waits for you; see: newsletter inbound review")
