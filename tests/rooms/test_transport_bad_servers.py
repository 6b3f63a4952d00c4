"""The table of bad servers: whatever the server does to `gone`, who becomes what, and who gets the letter.

Three readers, one connection: `anna`, then `gone`, then `piotr`.
"""

from dataclasses import dataclass, field

import pytest

from newsletter.outcomes import Reason, State, Step
from newsletter.transport import Transport, parse_server
from tests.smtp.ledger import LETTER, RecordingGate, envelope, source
from tests.smtp.script import CLOSE, CLOSE_BUT_KEEP, RESET, SILENT, Do, Script, Then, say, script
from tests.smtp.server import playing

SENT, QUEUED, DEFERRED, REFUSED, DOUBTFUL = (
    State.SENT,
    State.QUEUED,
    State.DEFERRED,
    State.REFUSED,
    State.DOUBTFUL,
)
PLAIN = ("SIZE 0",)
LARGE = (b"x" * 998 + b"\r\n") * 32_000  # 32 MB: more than the kernel's buffers hold


@dataclass(frozen=True)
class Case:
    """`others` is the state of anna and piotr; `taken` how many copies the server has of gone's letter."""

    name: str
    play: Script
    gone: State
    others: State
    taken: int = 0
    reason: Reason | None = None
    code: int | None = None
    out: Step | None = None
    unreachable: str = ""
    connections: int | None = None
    letter: bytes = field(default=LETTER, repr=False)


def all_queued(name: str, play: Script, *, out: Step | None = None, unreachable: str = "") -> Case:
    """Nobody is charged."""
    return Case(name, play, QUEUED, QUEUED, out=out, unreachable=unreachable)


def well(name: str, play: Script, connections: int | None = None) -> Case:
    """Everybody gets one."""
    return Case(name, play, SENT, SENT, taken=1, connections=connections)


def one(name: str, moment: str, do: Do | str, state: State, **rest: object) -> Case:
    """Something happens to gone, and the others get theirs."""
    return Case(name, script({f"{moment} gone": do}), state, SENT, **rest)  # type: ignore[arg-type]


CASES = [
    all_queued("reset at connect", script({"connect": RESET}), unreachable="Connection reset"),
    all_queued("closed at connect", script({"connect": CLOSE}), unreachable="greeting: connection closed"),
    all_queued("silent at connect", script({"connect": SILENT}), unreachable="greeting: no answer"),
    all_queued("421 at connect", script({"connect": "421 later"}), unreachable="greeting: 421"),
    all_queued("554 at connect", script({"connect": "554 go away"}), out=Step.GREETING),
    all_queued("another protocol", script({"connect": "HTTP/1.1 400 Bad Request"}), out=Step.GREETING),
    all_queued("a line of 100 KB at connect", script({"connect": "220 " + "x" * 100_000}), out=Step.GREETING),
    all_queued("EHLO refused", script({"ehlo": "502 5.5.1 what?"}), out=Step.EHLO),
    all_queued("EHLO later", script({"ehlo": "451 4.3.2 later"}), unreachable="ehlo: 451"),
    all_queued("an answer too many at connect", script({"connect": "220 x\r\n250 y"}), unreachable="ehlo: answer"),
    all_queued("an answer too many after EHLO", script({"ehlo": "250 x\r\n250 y"}), unreachable="answer before"),
    all_queued("MAIL 421", script({"mail": say("421 4.3.2 down", Then.CLOSE)}), unreachable="mail: 421 down"),
    Case("MAIL 451", script({"mail": "451 4.3.0 later"}), DEFERRED, DEFERRED, code=451),
    Case("MAIL 451, no PIPELINING", script({"mail": "451 4.3.0 x"}, offers=PLAIN), DEFERRED, DEFERRED, code=451),
    all_queued("MAIL 550", script({"mail": "550 5.7.1 not you"}), out=Step.MAIL),
    all_queued("MAIL 552", script({"mail": "552 5.3.4 too large"}), out=Step.MAIL),
    all_queued("SIZE too small", script(offers=("PIPELINING", "SIZE 100")), out=Step.MAIL),
    well("all well", Script(), connections=1),
    well("no PIPELINING", script(offers=PLAIN), connections=1),
    well("nothing offered", script(offers=()), connections=1),
    well("one octet at a time", script(cut="octets")),
    well("answers cut in two", script({"mail": "250-2.1.0 one\r\n250 2.1.0 two"}, cut="halves")),
    well("8-bit and NUL", script({"mail": say(b"250 2.1.0 \xd0\xbf\xff\0 fine")})),
    well("drop at QUIT", script({"quit": CLOSE})),
    well("reset at QUIT", script({"quit": RESET})),
    well("rude at QUIT", script({"quit": "500 5.5.1 what?"})),
    well("silent at QUIT", script({"quit": SILENT})),
    well("one message a connection", script(per_connection=1), connections=3),
    well("one message a connection, no PIPELINING", script(per_connection=1, offers=PLAIN), connections=3),
    one("RCPT 450", "rcpt", "450 4.2.0 later", DEFERRED, code=450),
    one("RCPT greylisted", "rcpt", "451 4.7.1 greylisted", DEFERRED, code=451),
    one("RCPT 452", "rcpt", "452 4.5.3 too many", DEFERRED, code=452),
    one("RCPT 550", "rcpt", "550 5.1.1 <gone@example.org> gone: no", REFUSED, reason=Reason.BAD_ADDRESS, code=550),
    one("RCPT for policy", "rcpt", "550 5.7.1 blocked", REFUSED, reason=Reason.POLICY, code=550),
    one("RCPT 421", "rcpt", say("421 4.7.0 gone@example.org later", Then.CLOSE), DEFERRED, code=421),
    one("reset at RCPT", "rcpt", RESET, DEFERRED),
    one("silent at RCPT", "rcpt", SILENT, DEFERRED),
    one("RCPT with a line of 100 KB", "rcpt", "550 " + "x" * 100_000, DEFERRED),
    one("RCPT 354", "rcpt", "354 what?", DEFERRED, code=354),
    one("DATA 451", "data", "451 4.3.0 later", DEFERRED, code=451),
    one("DATA 554", "data", "554 5.7.1 spam", REFUSED, reason=Reason.POLICY, code=554),
    one("DATA 250", "data", "250 what?", DEFERRED, code=250),
    one("closed at DATA", "data", CLOSE, DEFERRED),
    one("an answer before its command", "data", "354 go on\r\n250 2.0.0 queued", QUEUED),
    one("dropped in a body that was all written", "body", RESET, DOUBTFUL),
    one("dropped in a body", "body", RESET, QUEUED, letter=LARGE),
    one("421 in a body", "body", say("421 4.3.2 down", Then.SILENT), QUEUED, letter=LARGE),
    one("552 in a body", "body", say("552 5.2.2 mailbox full", Then.SILENT), REFUSED, code=552, letter=LARGE),
    one("drop after the dot", "dot", CLOSE, DOUBTFUL),
    one("drop after the dot, kept", "dot", CLOSE_BUT_KEEP, DOUBTFUL, taken=1),
    one("reset after the dot", "dot", RESET, DOUBTFUL),
    one("silent after the dot", "dot", SILENT, DOUBTFUL),
    one("garbage after the dot", "dot", "\x00\x01 ok?", DOUBTFUL),
    one("354 after the dot", "dot", "354 go on", DOUBTFUL, code=354),
    one("421 after the dot", "dot", say("421 4.7.28 gone@example.org slow down", Then.CLOSE), DEFERRED, code=421),
    one("452 after the dot", "dot", "452 4.3.1 disk full", DEFERRED, code=452),
    one("554 after the dot", "dot", "554 5.6.0 bad content", REFUSED, reason=Reason.POLICY, code=554),
    one("550 at the dot, for the address", "dot", "550 5.1.1 x", REFUSED, reason=Reason.BAD_ADDRESS, code=550),
    Case(
        "RCPT 550, no PIPELINING", script({"rcpt gone": "550 5.1.1 x"}, offers=PLAIN), REFUSED, SENT, connections=1
    ),
    Case(
        "354 though nobody was accepted",
        script({"rcpt gone": "550 5.1.1 x", "data gone": "354 go on"}),
        REFUSED,
        SENT,
        connections=1,
    ),
    Case(
        "RSET refused",
        script({"rcpt gone": "550 5.1.1 x", "rset": say("502 5.5.1 what?", Then.CLOSE)}),
        REFUSED,
        SENT,
        connections=2,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_server_does_to_one_decides_what_becomes_of_each(case: Case) -> None:
    gate = RecordingGate(most=1)
    readers = [envelope(0, "anna"), envelope(1, "gone", case.letter), envelope(2, "piotr")]
    with playing(case.play) as seen:
        silent = any(isinstance(do, Do) and do.then is Then.SILENT for do in case.play.answers.values())
        timeout = 0.5 if silent else 20
        server = parse_server(f"smtp://127.0.0.1:{seen.port}?connections=1&timeout={timeout}")
        patience = 0.5 if case.unreachable else 20
        report = Transport(server, patience=patience).deliver(source(readers), gate)

    anna, gone, piotr = (gate.outcomes[reader.id] for reader in readers)
    assert (anna.state, gone.state, piotr.state) == (case.others, case.gone, case.others), gone
    assert seen.taken == {
        name: count
        for name, count in {"anna": case.others is SENT, "gone": case.taken, "piotr": case.others is SENT}.items()
        if count
    }
    assert case.reason in (None, gone.reason)
    assert case.code in (None, gone.code)
    assert case.connections in (None, seen.connections)
    assert (report.out and report.out.step) == case.out
    assert case.unreachable in report.unreachable
    assert bool(report.unreachable) == bool(case.unreachable)
    assert "gone" not in f"{anna}{gone}{piotr}{report}"
    assert all(body.endswith(LETTER) for body in seen.bodies)
