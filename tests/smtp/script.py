"""What a scripted server does, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ssl import SSLContext


class Then(Enum):
    """How it goes on after an answer."""

    GO_ON = "go on"
    CLOSE = "close"
    RESET = "reset"
    SILENT = "silent"


@dataclass(frozen=True)
class Do:
    """One answer (lines without the last CRLF), what follows, and whether a message counts as taken."""

    say: bytes = b""
    then: Then = Then.GO_ON
    keep: bool = False


def say(text: str | bytes, then: Then = Then.GO_ON) -> Do:
    """Answer `text` and go on, or not."""
    return Do(text if isinstance(text, bytes) else text.encode(), then)


CLOSE, RESET, SILENT = Do(then=Then.CLOSE), Do(then=Then.RESET), Do(then=Then.SILENT)
CLOSE_BUT_KEEP = Do(then=Then.CLOSE, keep=True)

Answers = Mapping[str, Do | str]


@dataclass(frozen=True)
class Script:
    """`answers` maps a moment to what is done in it; all else goes well.

    Moments: connect ehlo starttls auth mail rcpt data body dot rset quit; `"rcpt gone"` is for the recipient `gone@…`
    alone.  `cut`: how answers are sent: whole, in halves, or octet by octet.  `most`: connections at a time.
    """

    answers: Answers = field(default_factory=dict)
    offers: tuple[str, ...] = ("PIPELINING", "SIZE 0", "ENHANCEDSTATUSCODES")
    cut: str = "whole"
    per_connection: int | None = None
    most: int | None = None
    tls: SSLContext | None = None
    implicit: bool = False
    login: tuple[str, str] | None = None


def script(answers: Answers | None = None, **rest: object) -> Script:
    """Make a script; `answers` first, as it is read."""
    return Script(answers or {}, **rest)  # type: ignore[arg-type]
