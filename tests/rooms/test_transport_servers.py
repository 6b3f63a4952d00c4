"""Several servers: by weight, at their own pace, and without the one that fails."""

from collections import Counter

import pytest

from newsletter.outcomes import State
from newsletter.transport import Envelope, Ration, Transport, parse_server
from tests.smtp.ledger import RecordingGate, envelope, source
from tests.smtp.script import Script, script
from tests.smtp.server import Record, playing


def url(seen: Record, **parameters: object) -> str:
    """The scripted server's URL."""
    given = {"connections": 4, "timeout": 20} | parameters
    return f"smtp://127.0.0.1:{seen.port}?" + "&".join(f"{name}={value}" for name, value in given.items())


def letters(number: int) -> list[Envelope]:
    """So many envelopes."""
    return [envelope(id, f"r{id}") for id in range(number)]


def each_once(number: int, *servers: Record) -> bool:
    """Whether every reader got one, from whichever server."""
    taken: Counter[str] = Counter()
    for seen in servers:
        taken.update(seen.taken)
    return taken == {f"r{id}": 1 for id in range(number)}


def test_servers_without_weights_take_what_they_can() -> None:
    gate = RecordingGate()
    with playing(Script()) as one, playing(Script()) as other:
        servers = [parse_server(url(one)), parse_server(url(other))]
        report = Transport(*servers).deliver(source(letters(400), batch=64), gate)
    assert each_once(400, one, other)
    assert one.taken
    assert other.taken
    assert report.states == {State.SENT: 400}
    assert report.answered == {servers[0].label, servers[1].label}


def test_weights_share_out_in_proportion() -> None:
    with playing(Script()) as heavy, playing(Script()) as light:
        servers = [parse_server(url(heavy, weight=3)), parse_server(url(light, weight=1))]
        Transport(*servers).deliver(source(letters(800), batch=64), RecordingGate())
    assert each_once(800, heavy, light)
    assert 180 <= len(light.taken) <= 220


def test_a_server_that_takes_nothing_keeps_nobody_waiting() -> None:
    """Its turn comes, and it does not answer: the others go on without it."""
    with playing(Script()) as quick, playing(Script()) as slow:
        servers = [parse_server(url(quick, weight=1)), parse_server(url(slow, weight=1000, connections=1))]
        paces = {servers[0].label: Ration(100), servers[1].label: Ration(0, 1)}
        Transport(*servers, pace=lambda label, _want: paces[label]).deliver(source(letters(100)), RecordingGate())
    assert each_once(100, quick)


@pytest.mark.parametrize("words", ["554 5.7.1 go away", "554 5.5.1 no"])
def test_one_server_that_refuses_us_costs_nobody_anything(words: str) -> None:
    gate = RecordingGate()
    with playing(Script()) as good, playing(script({"connect": words})) as bad:
        servers = [parse_server(url(good)), parse_server(url(bad))]
        report = Transport(*servers).deliver(source(letters(200), batch=64), gate)
    assert each_once(200, good)
    assert set(report.outs) == {servers[1].label}
    assert report.states == {State.SENT: 200}


def test_one_server_that_is_not_there_costs_nobody_anything() -> None:
    with playing(Script()) as good, playing(Script()) as gone:
        servers = [parse_server(url(good)), parse_server(url(gone))]
    with playing(Script()) as good:
        servers[0] = parse_server(url(good))
        report = Transport(*servers, patience=0.2).deliver(source(letters(200), batch=64), RecordingGate(delay=0.005))
    assert each_once(200, good)
    assert report.answered == {servers[0].label}


def test_servers_that_all_refuse_us_leave_everybody_owed() -> None:
    gate = RecordingGate()
    with playing(script({"mail": "554 5.7.1 no"})) as one, playing(script({"mail": "550 5.7.1 never"})) as other:
        servers = [parse_server(url(one)), parse_server(url(other))]
        report = Transport(*servers).deliver(source(letters(50)), gate)
    assert set(report.outs) == {server.label for server in servers}
    assert {outcome.state for outcome in gate.outcomes.values()} == {State.QUEUED}
    assert len(gate.outcomes) == 50


def test_a_ration_is_all_that_a_server_gets() -> None:
    given = iter([Ration(5), Ration(0, 0.05), Ration(3, 0.05)])
    gate = RecordingGate()
    asked: list[int] = []

    def pace(_label: str, want: int) -> Ration:
        asked.append(want)
        return next(given, Ration(0, 0.05))

    with playing(Script()) as seen:
        report = Transport(parse_server(url(seen)), pace=pace, enough=lambda: len(asked) > 6).deliver(
            source(letters(40)), gate
        )
    assert len(seen.taken) == 8
    assert report.states == {State.SENT: 8, State.QUEUED: 32}


def test_a_source_that_has_nothing_yet_is_asked_again() -> None:
    answers: list[list[Envelope] | float] = [0.01, letters(3), 0.01, 0.01, []]
    with playing(Script()) as seen:
        Transport(parse_server(url(seen))).deliver(lambda: answers.pop(0), RecordingGate())
    assert each_once(3, seen)
    assert not answers
