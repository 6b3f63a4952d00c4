"""`newsletter receive < message`"""

import logging
import os
import sys
from typing import Annotated

import typer

from newsletter.cli.terminal import say
from newsletter.errors import OperatorError
from newsletter.runtime import runtime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(receive)


def receive(
    recipient: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where it arrived.  Unset: as its headers say.")
    ] = None,
    sender: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Its return path.  Unset: as its headers say.")
    ] = None,
) -> None:
    """Take one mail from stdin, as the pipe of a mail server hands it over."""
    # Whatever goes wrong on our side, and be it a mistake in the settings, must leave the mail where it is: a mail
    # server takes any exit code but this one for a refusal, and sends the mail back.
    try:
        raise typer.Exit(_receive(recipient, sender))
    except typer.Exit:
        raise
    except OperatorError as error:
        say(f"newsletter: not taken, for now: {error}")
    except Exception:
        logging.getLogger("newsletter").exception("not taken, for now; this should not happen")
    raise typer.Exit(os.EX_TEMPFAIL)


def _receive(recipient: str | None, sender: str | None) -> int:
    # What no other command should wait for.
    from newsletter.cli.keeping import keep
    from newsletter.inbound.doors.envelope import addressed_to, sender_in, sender_of, without_from_line
    from newsletter.inbound.mail import Mail, Source
    from newsletter.inbound.places import REPORT_OCTETS, place_of
    from workers import bells

    here = runtime()
    content = without_from_line(sys.stdin.buffer.read(REPORT_OCTETS + 1))
    while sys.stdin.buffer.read(REPORT_OCTETS):
        pass  # whoever writes to a pipe wants it read to its end
    if recipient is None:
        found = addressed_to(content, here.publication, here.keyring)
    else:
        place = place_of(recipient, here.publication, here.keyring)
        found = (recipient, place) if place is not None else None
    if found is None:
        say("newsletter: not taken: it is for no address of ours")
        return os.EX_NOUSER
    recipient, place = found
    if len(content) > place.most_octets:
        say(f"newsletter: not taken: too large for {place.command}@, at most {place.most_octets:,} octets")
        return os.EX_DATAERR
    bells.open_up()
    sender = sender_in(content) if sender is None else sender_of(sender)
    keep(here, Mail(Source.PIPE, recipient, sender, content), place)
    return os.EX_OK
