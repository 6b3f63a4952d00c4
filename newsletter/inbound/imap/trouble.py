"""What goes wrong with a mailbox: for now, until somebody changes something, or with one thing that was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from newsletter.errors import OperatorError

FOR_NOW = ("[UNAVAILABLE]", "[SERVERBUG]", "[INUSE]", "[LIMIT]")
"""Refusals that nobody need do anything about (RFC 5530)."""


class Trouble(OperatorError):
    """Something is wrong with the mailbox; never names the account."""


class Lost(Trouble):
    """There is no connection, or there is none any more; another try may help."""


class Unfit(Trouble):
    """Nothing works until somebody changes something: password, certificate, folder."""


class Odd(Trouble):
    """The server refused one thing, or its answer cannot be understood; the connection goes on."""


@contextmanager
def asking() -> Iterator[None]:
    """Make ours of whatever goes wrong while something is asked of the server.

    Raises
    Lost, Odd: see there; the cause says more, and may name somebody.
    """
    try:
        yield
    except Trouble:
        raise
    except IMAPClientAbortError as error:
        raise Lost("the connection was lost") from error
    except OSError as error:
        raise Lost(f"the connection was lost: {error.strerror or type(error).__name__}") from error
    except IMAPClientError as error:
        # Of LOGIN it makes the same error, whatever was the matter.
        if isinstance(error.__context__, IMAPClientAbortError):
            raise Lost("the connection was lost") from error
        raise Odd("the server refused something, or gave an odd answer") from error
    except Exception as error:  # whatever a parser makes of what it did not expect
        raise Odd("the server gave an odd answer") from error


@contextmanager
def refusals(where: str, text: str) -> Iterator[None]:
    """Ask for what nothing works without, at a server called `where`; `text` says what a refusal means.

    Raises
    Lost, Unfit: see there.
    """
    try:
        with asking():
            yield
    except Lost as error:
        raise Lost(f"{where}: {error}") from None
    except Odd as error:
        if any(code in str(error.__cause__) for code in FOR_NOW):
            raise Lost(f"{where}: {text}, for now") from None
        raise Unfit(f"{where}: {text}") from None
