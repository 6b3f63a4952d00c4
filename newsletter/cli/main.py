"""The commands in one tree; errors become a line on stderr and exit code 2."""

import logging
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import typer

from newsletter.cli.terminal import say
from newsletter.errors import NewsletterError
from newsletter.log import configure_logging

USAGE = 2
OUR_FAULT = 70
"""EX_SOFTWARE of sysexits: no other exit code of ours, and not Python's own 1."""

COMMANDS: Mapping[str, str] = {
    "run": "run",
    "check": "installation",
    "load": "load",
    "test-send": "trial",
    "notices": "notices",
    "servers": "servers",
    "web": "processes",
    "worker": "processes",
    "beat": "processes",
    "receive": "receive",
}
"""In which file each command is."""

GROUPS: Mapping[str, Sequence[str]] = {
    "subscribers": ("subscribers", "showing", "reader", "export"),
    "suppressions": ("suppressions",),
    "digest": ("digest", "holding", "doubts", "check"),
    "inbound": ("inbound", "review"),
    "db": ("database",),
    "keys": ("keys",),
}
"""In which files the commands of each group are; the group itself is in the first."""


@cache
def tree(word: str = "") -> typer.Typer:
    """Return all commands; or, if there is a command or a group of that name, it alone.

    A command loads what it needs, and nothing of the others: that would take longer than most of them do.
    """
    app = typer.Typer(
        name="newsletter",
        help="A self-hosted newsletter for weekly publications in several languages.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_nothing)  # a tree of one command is a tree
    alone = word in COMMANDS or word in GROUPS
    for name in dict.fromkeys(file for command, file in COMMANDS.items() if not alone or command == word):
        _file(name).register(app)
    for name in GROUPS:
        if not alone or name == word:
            app.add_typer(_group(name), name=name)
    return app


def called() -> typer.Typer:
    """Return the part of the tree that the words of this process ask for."""
    word, *_ = [*sys.argv[1:], ""]
    return tree(word)


@cache
def _group(name: str) -> typer.Typer:
    first, *others = GROUPS[name]
    group: typer.Typer = _file(first).app
    for other in others:
        _file(other).register(group)
    return group


def _file(name: str) -> Any:
    return import_module(f"newsletter.cli.{name}")


def _nothing() -> None:
    pass


def main() -> None:
    """Run a command; nobody sees a traceback for something they can put right."""
    configure_logging("warning")
    try:
        called()(prog_name="newsletter")
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
