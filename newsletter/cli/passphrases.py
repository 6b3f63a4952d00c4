"""Asking for a passphrase: hidden, on a terminal; or from a file that its owner alone may read."""

import getpass
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from newsletter.errors import OperatorError
from newsletter.privatefile import read_private

SHORTEST = 12
"""Characters of a new one: who has the file may try as many as they like."""

LONGEST = 1000
"""Characters that are read of a file's first line; in UTF-8 none takes more than four octets."""

PassphraseFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read the passphrase from its first line instead of asking; mode 0600."),
]


class BadPassphrase(OperatorError):
    """There is no passphrase, or none that will do; it is never quoted."""


def new_passphrase(file: Path | None) -> str:
    """Return a passphrase to encrypt with; asked for twice.

    Raises
    BadPassphrase: too short, or there is neither a file nor a terminal.
    KeyFileError: the file is missing, or others may read it.
    """
    found = _from_file(file) if file else _asked(twice=True)
    if len(found) < SHORTEST:
        raise BadPassphrase(f"the passphrase is too short: {SHORTEST} characters at least; five random words are good")
    return found


def known_passphrase(file: Path | None) -> str:
    """Return the passphrase that something was encrypted with.

    Raises
    BadPassphrase: there is neither a file nor a terminal.
    KeyFileError: the file is missing, or others may read it.
    """
    return _from_file(file) if file else _asked(twice=False)


def _asked(*, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise BadPassphrase("there is no terminal to ask for the passphrase at; name a file: --passphrase-file")
    try:
        found = getpass.getpass("Passphrase: ")
        if twice and getpass.getpass("Once more: ") != found:
            raise BadPassphrase("the two are not the same")
    except EOFError:
        raise BadPassphrase("no passphrase was typed") from None
    return found


def _from_file(path: Path) -> str:
    octets = read_private(path, what="passphrase", most=LONGEST * 4)
    try:
        found = TextIOWrapper(BytesIO(octets), encoding="utf-8").readline(LONGEST).rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadPassphrase(f"{path}: not UTF-8") from None
    if not found:
        raise BadPassphrase(f"{path}: its first line is empty")
    return found
