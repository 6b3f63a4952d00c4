"""The commands in one tree; errors become a line on stderr and exit code 2."""

import logging
import sys
from typing import Any

import typer

from newsletter.cli import (
    check,
    database,
    digest,
    doubts,
    export,
    holding,
    inbound,
    installation,
    keys,
    load,
    notices,
    processes,
    reader,
    receive,
    review,
    run,
    servers,
    showing,
    subscribers,
    suppressions,
    trial,
)
from newsletter.cli.terminal import say
from newsletter.errors import NewsletterError
from newsletter.log import configure_logging

USAGE = 2
OUR_FAULT = 70
"""EX_SOFTWARE of sysexits: no other exit code of ours, and not Python's own 1."""

app = typer.Typer(
    name="newsletter",
    help="A self-hosted newsletter for weekly publications in several languages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (run, installation, load, trial, notices, servers, processes, receive):
    part.register(app)
for part in (holding, doubts, check):
    part.register(digest.app)
review.register(inbound.app)
for part in (showing, reader, export):
    part.register(subscribers.app)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(digest.app, name="digest")
app.add_typer(inbound.app, name="inbound")
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """Run a command; nobody sees a traceback for something they can put right."""
    configure_logging("warning")
    try:
        app(prog_name="newsletter")
    except NewsletterError as error:
        for line in str(error).splitlines():
            say(f"newsletter: {line}")
        sys.exit(USAGE)
    except BrokenPipeError:
        sys.stderr.close()  # somebody wrote `| head`: not a fault
        sys.exit(0)
    except OSError as error:
        say(f"newsletter: {error.filename or 'the system'}: {error.strerror}")
        sys.exit(USAGE)
    except Exception:
        # Ours to put right, so whoever reports it needs the traceback; the log takes addresses out of it.
        logging.getLogger("newsletter").exception("this should not happen; please report it")
        sys.exit(OUR_FAULT)


__all__: list[Any] = ["app", "main"]
