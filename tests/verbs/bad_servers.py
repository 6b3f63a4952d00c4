"""The table of bad servers: what each does, what that costs the reader it is about, and everybody else.

Four readers, one connection at a time; `BAD` is the second.  What a server does is done to all of them, unless its
moment names `BAD`.  A row says how a reader ends when the server is bad, what becomes of the digest, what the operator
is told, whether the server is left alone, and how many copies each reader has once the server has got well.
"""

from dataclasses import dataclass

from newsletter.outcomes import Reason, State
from newsletter.store.digests import DigestState
from tests.smtp.script import CLOSE, CLOSE_BUT_KEEP, RESET, SILENT, Do, Script, Then, say, script

BAD = "en-full-1"
PLAIN = ("SIZE 0",)
OFFERS = ("PIPELINING", "SIZE 0", "ENHANCEDSTATUSCODES")
LOGIN = ("anna", "s3cret")
SLOWLY = 1.0
"""Seconds between two octets."""


@dataclass(frozen=True)
class End:
    """How a reader's delivery ends when the server is bad."""

    state: State
    reason: Reason | None = None
    attempts: int = 0
    crashes: int = 0


OWED = End(State.QUEUED)
SENT = End(State.SENT, attempts=1)
DEFERRED = End(State.DEFERRED, attempts=1)
BAD_ADDRESS = End(State.REFUSED, Reason.BAD_ADDRESS, attempts=1)
POLICY = End(State.REFUSED, Reason.POLICY, attempts=1)
OWED_IN_DOUBT = End(State.QUEUED, crashes=1)
DOUBTFUL = End(State.DOUBTFUL, crashes=1)


@dataclass(frozen=True)
class Row:
    """One bad server.  `copies`: of the bad reader's letter, of everybody else's, once the server has got well.

    `certificate` is what it shows under STARTTLS, which then is demanded; `login`: whether we log in.
    """

    name: str
    play: Script
    bad: End
    good: End
    digest: DigestState
    notices: tuple[str, ...] = ()
    out: bool = False
    copies: tuple[int, int] = (1, 1)
    on_doubt: str = "resend"
    certificate: str | None = None
    login: bool = False

    def __str__(self) -> str:
        return self.name


def paused(name: str, play: Script, notice: str = "server-out", **rest: object) -> Row:
    """We are refused, or the letter: nobody is charged, the digest waits for the operator."""
    return Row(name, play, OWED, OWED, DigestState.PAUSED, (notice,), **rest)  # type: ignore[arg-type]


def left_alone(name: str, play: Script, **rest: object) -> Row:
    """The server may be better later: nobody is charged, it is asked again by itself."""
    return Row(name, play, OWED, OWED, DigestState.SENDING, ("server-unreachable",), out=True, **rest)  # type: ignore[arg-type]


def later(name: str, play: Script) -> Row:
    """Everybody is put off."""
    return Row(name, play, DEFERRED, DEFERRED, DigestState.SENDING)


def well(name: str, play: Script) -> Row:
    """Odd, and everybody gets a letter."""
    return Row(name, play, SENT, SENT, DigestState.SENT)


def put_off(name: str, moment: str, do: Do | str, end: End = DEFERRED, offers: tuple[str, ...] = OFFERS) -> Row:
    """One is put off, and gets a letter in the end."""
    return Row(name, script({f"{moment} {BAD}": do}, offers=offers), end, SENT, DigestState.SENDING)


def refused(name: str, moment: str, do: Do | str, end: End, offers: tuple[str, ...] = OFFERS) -> Row:
    """One is refused for good."""
    play = script({f"{moment} {BAD}": do}, offers=offers)
    return Row(name, play, end, SENT, DigestState.SENT, copies=(0, 1))


def doubt(name: str, moment: str, do: Do | str, *, kept: int = 0) -> list[Row]:
    """One is in doubt, whose letter the server has `kept` or not: sent again, or held."""
    play = script({f"{moment} {BAD}": do})
    return [
        Row(f"{name}, resend", play, OWED_IN_DOUBT, SENT, DigestState.SENDING, copies=(kept + 1, 1)),
        Row(f"{name}, hold", play, DOUBTFUL, SENT, DigestState.SENT, copies=(kept, 1), on_doubt="hold"),
    ]


LONG = "x" * 100_000
CONNECT = [
    left_alone("refused at connect", script(refuses=True)),
    left_alone("reset at connect", script({"connect": RESET})),
    left_alone("silent at connect", script({"connect": SILENT})),
    left_alone("421 at connect", script({"connect": say("421 4.3.2 later", Then.CLOSE)})),
    left_alone("one octet a second", script({"connect": Do(b"220 scripted.example ESMTP", drip=SLOWLY)})),
    paused("554 at connect", script({"connect": "554 5.7.1 go away"})),
    paused("a line of 100 KB at connect", script({"connect": f"220 {LONG}"})),
    left_alone("an answer before its command: to EHLO", script({"connect": "220 hello\r\n250 scripted.example"})),
    paused("EHLO refused", script({"ehlo": "502 5.5.1 what?"})),
    left_alone("EHLO later", script({"ehlo": "451 4.3.2 later"})),
    paused("STARTTLS garbage", script({"starttls": "220 go on\r\nnot TLS at all"}), certificate="127.0.0.1"),
    paused("STARTTLS wrong name", Script(), certificate="mail.example.org"),
    paused("STARTTLS expired", Script(), certificate="expired"),
    paused("STARTTLS not offered", Script(), certificate="none"),
    left_alone("STARTTLS 454", script({"starttls": "454 4.7.0 not now"}), certificate="127.0.0.1"),
    paused("AUTH 535", script({"auth": "535 5.7.8 no"}), login=True),
    left_alone("AUTH 454", script({"auth": "454 4.7.0 temporary failure"}), login=True),
]
MAIL = [
    left_alone("MAIL 421", script({"mail": say("421 4.3.2 down", Then.CLOSE)})),
    later("MAIL 451", script({"mail": "451 4.3.0 later"})),
    later("MAIL 451, no PIPELINING", script({"mail": "451 4.3.0 later"}, offers=PLAIN)),
    paused("MAIL 550", script({"mail": "550 5.7.1 not you"})),
    paused("MAIL 552", script({"mail": "552 5.3.4 too large"})),
    paused("SIZE too small", script(offers=("PIPELINING", "SIZE 100"))),
]
RCPT = [
    put_off("RCPT 450", "rcpt", "450 4.2.0 later"),
    put_off("RCPT 451 4.7.1", "rcpt", "451 4.7.1 greylisted"),
    put_off("RCPT 452", "rcpt", "452 4.5.3 too many"),
    put_off("RCPT 421 and close", "rcpt", say(f"421 4.7.0 {BAD} later", Then.CLOSE)),
    put_off("reset at RCPT", "rcpt", RESET),
    put_off("silent at RCPT", "rcpt", SILENT),
    put_off("a line of 100 KB at RCPT", "rcpt", f"550 {LONG}"),
    refused("RCPT 550 5.1.1", "rcpt", f"550 5.1.1 <{BAD}@example.org>: no {BAD} here", BAD_ADDRESS),
    refused("RCPT 550 5.1.1, no PIPELINING", "rcpt", "550 5.1.1 unknown", BAD_ADDRESS, PLAIN),
    refused("RCPT 550 5.7.1", "rcpt", "550 5.7.1 blocked", POLICY),
    refused("NUL and 8 bits at RCPT", "rcpt", say(b"550 5.1.1 \0 \xd0\xbd\xff no such"), BAD_ADDRESS),
    later("RCPT 451 for everybody", script({"rcpt": "451 4.7.1 greylisted"})),
    paused("RCPT 550 5.7.1 for everybody", script({"rcpt": "550 5.7.1 relay access denied"})),
    paused("RCPT 550 5.7.1 for everybody, no PIPELINING", script({"rcpt": "550 5.7.1 no"}, offers=PLAIN)),
]
DATA = [
    put_off("DATA 451", "data", "451 4.3.0 later"),
    refused("DATA 554", "data", "554 5.7.1 spam", POLICY),
    later("DATA 451 for everybody", script({"data": "451 4.3.0 later"})),
    paused("DATA 554 for everybody", script({"data": "554 5.7.1 spam"}), notice="content-refused"),
    put_off("an answer before its command: to the dot", "data", "354 go on\r\n250 2.0.0 queued", OWED),
    *doubt("drop in the body, all written", "body", RESET),
]
DOT = [
    *doubt("drop after the dot", "dot", CLOSE),
    *doubt("drop after the dot, message kept", "dot", CLOSE_BUT_KEEP, kept=1),
    *doubt("reset after the dot", "dot", RESET),
    *doubt("silence after the dot", "dot", SILENT),
    *doubt("silence after the dot, message kept", "dot", Do(then=Then.SILENT, keep=True), kept=1),
    *doubt("garbage after the dot", "dot", "\0\1 ok?"),
    *doubt("a line of 100 KB after the dot, message kept", "dot", Do(f"250 {LONG}".encode(), keep=True), kept=1),
    *doubt("one octet a second after the dot, message kept", "dot", Do(b"250 ok", keep=True, drip=SLOWLY), kept=1),
    put_off("421 after the dot", "dot", say("421 4.7.28 slow down", Then.CLOSE)),
    put_off("452 after the dot", "dot", "452 4.3.1 disk full"),
    refused("554 after the dot", "dot", "554 5.6.0 bad content", POLICY),
    paused("554 after the dot for everybody", script({"dot": "554 5.6.0 bad"}), notice="content-refused"),
]
ODD = [
    well("drop at QUIT", script({"quit": CLOSE})),
    well("silent at QUIT", script({"quit": SILENT})),
    well("rude at QUIT", script({"quit": "500 5.5.1 what?"})),
    well("one octet at a time", script(cut="octets")),
    well("multiline replies cut in two", script({"mail": "250-2.1.0 one\r\n250 2.1.0 two"}, cut="halves")),
    well("NUL and 8 bits", script({"mail": say(b"250 2.1.0 \xd0\xbf\xff\0 fine")})),
    well("no PIPELINING", script(offers=PLAIN)),
    well("three messages a connection", script(per_connection=3)),
    well("three messages a connection, no PIPELINING", script(per_connection=3, offers=PLAIN)),
]
TABLE = [*CONNECT, *MAIL, *RCPT, *DATA, *DOT, *ODD]

ON_POSTGRESQL = [
    "refused at connect",
    "554 at connect",
    "AUTH 454",
    "MAIL 421",
    "MAIL 451",
    "RCPT 421 and close",
    "RCPT 550 5.1.1",
    "NUL and 8 bits at RCPT",
    "RCPT 550 5.7.1 for everybody",
    "an answer before its command: to the dot",
    "drop after the dot, message kept, resend",
    "drop after the dot, message kept, hold",
]
