"""`newsletter inbound review`: mail that only a person understands."""

import sys
import unicodedata
from typing import Annotated

import typer

from newsletter.cli.ringing import ring
from newsletter.cli.terminal import operator, result, say
from newsletter.errors import OperatorError
from newsletter.inbound import Source, unpack
from newsletter.runtime import Runtime, runtime
from newsletter.store.audit import add_audit
from newsletter.store.received import for_review, one_for_review, reviewed

UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Cs")
"""Unicode categories of what would not be seen, but done: by a terminal, or to the direction of the text."""

MOST = 2**63 - 1
"""The largest number that a row can have."""


class NothingToReview(OperatorError):
    """No mail of that number waits for a person."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)


def review(
    number: Annotated[
        int | None, typer.Argument(min=1, max=MOST, help="Which one, as the list has it.  None: list them all.")
    ] = None,
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
        row = one_for_review(session, number)
        if row is None:
            raise _none(number)
        add_audit(session, now=here.clock(), who=operator(), what="received mail shown")
        mail = unpack(Source(row.source), here.keyring.open_octets(row.sealed or b"", bound_to=row.ref))
    say(harmless(f"to: {mail.recipient or '-'}  from: {mail.sender or '<>'}  by: {mail.source}"))
    content = mail.content
    if sys.stdout.isatty():
        text = harmless(content.replace(b"\r\n", b"\n").decode("utf-8", "backslashreplace"))
        content = text.encode(sys.stdout.encoding, "backslashreplace")
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def harmless(text: str) -> str:
    """Return a stranger's text for a terminal: what would move its cursor, say, or turn the text round is spelled out.

    >>> print(harmless("a\\x1b[2Jb\\u202ec"))
    a\\x1b[2Jb\\u202ec
    """
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in UNSEEN and one not in "\n\t" else one
        for one in text
    )


def _settle(here: Runtime, number: int, *, again: bool) -> None:
    with here.database.transaction() as session:
        if not reviewed(session, number, again_at=here.clock() if again else None):
            raise _none(number)
        add_audit(session, now=here.clock(), who=operator(), what=f"received mail {'tried again' if again else 'done'}")
    if again:
        ring("received")
    result(f"{number}: {'is worked off again' if again else 'forgotten'}")


def _none(number: int) -> NothingToReview:
    return NothingToReview(f"{number}: nothing of that number waits for you; see: newsletter inbound review")
