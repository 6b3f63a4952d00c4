"""`newsletter inbound --imap`: from a mailbox instead of from a mail server."""

import signal
import threading
from typing import Any

from typer.core import TyperGroup

from newsletter.cli.keeping import keep
from newsletter.cli.terminal import say
from newsletter.errors import OperatorError
from newsletter.runtime import Runtime

OPTION = "--imap"


class NoMailboxNamed(OperatorError):
    """`--imap` says no URL, and the setting is not set."""


class ImapGroup(TyperGroup):
    """Lets `--imap` be without its URL, which typer cannot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give it an empty one where there is none."""
        for place, word in enumerate(args):
            if word == OPTION and (place + 1 == len(args) or args[place + 1].startswith("-")):
                args = [*args[: place + 1], "", *args[place + 1 :]]
        return super().parse_args(ctx, args)


def collect(here: Runtime, url: str) -> None:
    """Take mail from a mailbox until SIGTERM or SIGINT; an empty URL means that of the settings.

    Raises
    OperatorError: no such URL, or the first connection shows that it cannot work.
    """
    # What no other command should wait for.
    from newsletter.inbound.doors.envelope import addressed_to
    from newsletter.inbound.imap.mailbox import Collector
    from newsletter.inbound.imap.url import SETTING, Mailbox
    from workers import bells

    if url:
        say(f"newsletter: warning: other users of this machine can see a command's password; set {SETTING} instead")
    elif here.settings.imap_url is None:
        raise NoMailboxNamed(f"{OPTION}: set {SETTING} to imaps://user:password@host/folder")
    else:
        url = here.settings.imap_url.get_secret_value()
    mailbox = Mailbox.at(url)
    publication, keyring, _ = here.publication, here.keyring, here.database  # wrong ones end it here
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    bells.open_up()
    say(f"newsletter: mail in from {mailbox.where}")
    Collector(
        mailbox,
        lambda headers: addressed_to(headers, publication, keyring),
        lambda mail, place: keep(here, mail, place),
        pause=stopping.wait,
        is_stopping=stopping.is_set,
    ).run()
