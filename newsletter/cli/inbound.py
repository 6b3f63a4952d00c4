"""`newsletter inbound`"""

from typing import Annotated

import typer

from newsletter.cli.imap import OPTION, ImapGroup, collect
from newsletter.cli.terminal import say
from newsletter.log import configure_logging
from newsletter.runtime import Runtime, runtime

app = typer.Typer(invoke_without_command=True, cls=ImapGroup)


@app.callback()
def inbound(
    context: typer.Context,
    imap: Annotated[
        str | None,
        typer.Option(OPTION, metavar="[URL]", help="From this mailbox instead; without URL: of NEWSLETTER_IMAP_URL."),
    ] = None,
    socket: Annotated[list[int] | None, typer.Option(hidden=True)] = None,  # listening, inherited
) -> None:
    """Take the mail that a mail server hands to us, by LMTP or SMTP, or that lies in a mailbox, until told to stop."""
    if context.invoked_subcommand is not None:
        return
    here = runtime()
    configure_logging(here.settings.log_level)
    here.check()
    if not here.publication.mail_in:
        say("newsletter: warning: mail_in is not set in publication.toml, so readers are not told of these addresses")
    if imap is None:
        _serve(here, socket or [])
    else:
        collect(here, imap)


def _serve(here: Runtime, sockets: list[int]) -> None:
    # What no other command should wait for.
    from newsletter.cli.keeping import keep
    from newsletter.inbound.doors.listening import Listening, inherited
    from newsletter.inbound.doors.server import serve
    from newsletter.inbound.places import Place, place_of
    from workers import bells

    listening = Listening.at(here.settings.inbound_url)
    publication, keyring, _ = here.publication, here.keyring, here.database  # opened before there are threads
    for warning in listening.warnings:
        say(f"newsletter: warning: {warning}")
    opened = inherited(sockets) if sockets else listening.sockets()

    def ours(recipient: str) -> Place | None:
        return place_of(recipient, publication, keyring)

    try:
        bells.open_up()
        say(f"newsletter: mail in at {listening.where}")
        serve(listening.protocol, opened, ours, lambda mail, place: keep(here, mail, place))
    finally:
        listening.close(opened)
