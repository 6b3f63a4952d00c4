"""What a scripted server does, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext


class Then(Enum):
    """How it goes on after an answer."""

    GO_ON = "go on"
    CLOSE = "close"
    RESET = "reset"
    SILENT = "silent"


@dataclass(frozen=True)
class Do:
    """One answer (lines without the last CRLF), what follows, and whether a message counts as taken.

    `drip`: seconds between two octets of the answer.
    """

    say: bytes = b""
    then: Then = Then.GO_ON
    keep: bool = False
    drip: float = 0.0


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
    `refuses`: the port is taken, and nobody listens.  `tls`: a context, or the file it is made of.
    """

    answers: Answers = field(default_factory=dict)
    offers: tuple[str, ...] = ("PIPELINING", "SIZE 0", "ENHANCEDSTATUSCODES")
    cut: str = "whole"
    per_connection: int | None = None
    most: int | None = None
    tls: SSLContext | Path | None = None
    implicit: bool = False
    login: tuple[str, str] | None = None
    refuses: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether there is an answer that a client waits for in vain."""
        return any(isinstance(do, Do) and (do.then is Then.SILENT or do.drip) for do in self.answers.values())

    @property
    def context(self) -> SSLContext | None:
        """What the server shows under TLS."""
        if not isinstance(self.tls, Path):
            return self.tls
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls)
        return context


def script(answers: Answers | None = None, **rest: object) -> Script:
    """Make a script; `answers` first, as it is read."""
    return Script(answers or {}, **rest)  # type: ignore[arg-type]
