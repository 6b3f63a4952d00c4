"""Base classes of errors.  A specific error stands beside its noun and never holds an address.

What a *server* answers is not an error but an `Outcome`.
"""

from collections.abc import Sequence


class NewsletterError(Exception):
    """Anything this service says no to, with a text that says what to do."""


class OperatorError(NewsletterError):
    """The operator can put it right: settings, content, a command's arguments.  Exit code 2."""


class ReaderError(NewsletterError):
    """The reader can put it right.  A 4xx on a page; never holds what the reader typed."""


class Faults(OperatorError):
    """Several faults of one input, found in one pass; a line each, every line naming its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)
