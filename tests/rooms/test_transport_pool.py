"""Deliver: nobody lost, nobody twice, whatever connections, gate and operator do."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Sequence

import pytest

from newsletter.outcomes import Outcome, Reason, State
from newsletter.transport import Envelope, Transport, parse_server, send_one
from tests.smtp.ledger import RecordingGate, envelope, source
from tests.smtp.script import CLOSE, SILENT, Do, Script, Then, say, script
from tests.smtp.server import Record, playing


def transport(seen: Record, connections: int = 4, **rest: object) -> Transport:
    """A transport to the scripted server."""
    url = f"smtp://127.0.0.1:{seen.port}?connections={connections}&timeout=20"
    return Transport(parse_server(url), **rest)  # type: ignore[arg-type]


def states(gate: RecordingGate) -> Counter[State]:
    """How many came to what."""
    return Counter(outcome.state for outcome in gate.outcomes.values())


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "451 4.7.1 later", CLOSE], ids=["550", "451", "close"])
@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelining", "plain"])
def test_one_bad_address_among_500_never_makes_anyone_get_two(answer: Do | str, offers: tuple[str, ...]) -> None:
    gate = RecordingGate(most=8)
    with playing(script({"rcpt r250": answer}, offers=offers)) as seen:
        report = transport(seen, 8).deliver(source((envelope(id, f"r{id}") for id in range(500)), batch=64), gate)
    assert seen.taken == {f"r{id}": 1 for id in range(500) if id != 250}
    assert report.states[State.SENT] == 499
    assert gate.outcomes[250].state is (State.REFUSED if answer == "550 5.1.1 no such user" else State.DEFERRED)
    assert seen.most <= 8


@pytest.mark.parametrize("per_connection", [1, 3])
def test_a_server_that_ends_connections_early_loses_nobody(per_connection: int) -> None:
    gate = RecordingGate(most=8)
    with playing(script(per_connection=per_connection)) as seen:
        transport(seen, 8).deliver(source(envelope(id, f"r{id}") for id in range(100)), gate)
    assert seen.taken == {f"r{id}": 1 for id in range(100)}


def test_a_connection_carries_no_more_than_its_share() -> None:
    with playing(Script()) as seen:
        transport(seen, 2, per_connection=10).deliver(
            source(envelope(id, f"r{id}") for id in range(60)), RecordingGate()
        )
    assert seen.taken == {f"r{id}": 1 for id in range(60)}
    assert max(sum(line.startswith("MAIL") for line in talk) for talk in seen.talks) == 10


def test_a_gate_that_grants_late_holds_up_only_its_own_connection() -> None:
    gate = RecordingGate(delay=0.02, most=16)
    with playing(Script()) as seen:
        transport(seen, 16).deliver(source(envelope(id, f"r{id}") for id in range(160)), gate)
    assert seen.taken == {f"r{id}": 1 for id in range(160)}
    assert seen.most > 1


def test_what_the_gate_denies_is_not_sent_and_not_settled() -> None:
    gate = RecordingGate(denies=lambda id: id % 5 == 0, delay=0.001, most=4)
    with playing(Script()) as seen:
        report = transport(seen).deliver(source(envelope(id, f"r{id}") for id in range(50)), gate)
    assert seen.taken == {f"r{id}": 1 for id in range(50) if id % 5}
    assert (report.unmarked, report.states) == (10, {State.SENT: 40})
    assert gate.denied == set(range(0, 50, 5))
    assert not gate.denied & gate.outcomes.keys()


def test_a_gate_that_denies_everything_does_not_make_the_server_unreachable() -> None:
    gate = RecordingGate(denies=lambda id: True)
    with playing(Script()) as seen:
        report = transport(seen, patience=0).deliver(source(envelope(id, f"r{id}") for id in range(20)), gate)
    assert (report.unmarked, report.states, report.unreachable) == (20, {}, "")
    assert not seen.taken


def test_a_connection_that_dies_while_the_gate_decides_has_sent_nothing() -> None:
    class Slow(RecordingGate):
        async def mark(self, id: int) -> bool:
            while seen.open:  # until the server has gone
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)
            return await super().mark(id)

    gate = Slow()
    with playing(script({"data": say("354 go on", Then.CLOSE)})) as seen:
        transport(seen, 1, patience=0).deliver(source([envelope(1, "anna")]), gate)
    assert gate.marked == {1}
    assert gate.outcomes[1].state is State.QUEUED
    assert not seen.taken


@pytest.mark.parametrize("ahead", [True, False])
def test_the_next_is_begun_behind_the_dot_of_the_last_unless_none_is_to_wait_for_that_answer(ahead: bool) -> None:
    class Looking(RecordingGate):
        def settle(self, id: int, outcome: Outcome) -> None:
            time.sleep(0.05)  # the server reads what stands behind the dot
            begun.append(sum(line.startswith("MAIL") for line in seen.talks[0]))
            super().settle(id, outcome)

    begun: list[int] = []
    with playing(Script()) as seen:
        transport(seen, 1, ahead=ahead).deliver(source(envelope(id, f"r{id}") for id in range(3)), Looking())
    assert begun == ([2, 3, 3] if ahead else [1, 2, 3])
    assert seen.taken == {f"r{id}": 1 for id in range(3)}


def test_no_more_connections_than_envelopes() -> None:
    with playing(Script()) as seen:
        report = transport(seen, 16).deliver(source([envelope(1, "anna"), envelope(2, "piotr")]), RecordingGate())
    assert seen.connections <= 2
    assert report.connections <= 2


def test_nothing_to_send_opens_nothing() -> None:
    with playing(Script()) as seen:
        report = transport(seen).deliver(source([]), RecordingGate())
    assert (seen.connections, report.states) == (0, {})


def test_a_stop_finishes_what_is_on_the_wire_and_gives_back_the_rest() -> None:
    gate = RecordingGate()
    with playing(Script()) as seen:
        stopping = transport(seen, stop=lambda: len(gate.outcomes) >= 30)
        report = stopping.deliver(source(envelope(id, f"r{id}") for id in range(200)), gate)
    assert len(gate.outcomes) == 200
    assert set(states(gate)) == {State.SENT, State.QUEUED}
    assert 30 <= report.states[State.SENT] < 40
    assert seen.taken == {f"r{id}": 1 for id, outcome in gate.outcomes.items() if outcome.state is State.SENT}


def test_after_its_grace_a_stop_leaves_what_waits_for_its_dot_in_doubt() -> None:
    gate = RecordingGate()
    with playing(script({"dot": SILENT})) as seen:
        stopping = transport(seen, 2, stop=lambda: len(gate.marked) == 2, grace=0.1)
        report = stopping.deliver(source(envelope(id, f"r{id}") for id in range(10)), gate)
    assert report.states == {State.DOUBTFUL: 2, State.QUEUED: 8}


def test_a_stop_does_not_wait_for_a_server_that_says_nothing() -> None:
    with playing(script({"connect": SILENT})) as seen:
        stopping = transport(seen, stop=lambda: seen.open > 0)
        report = stopping.deliver(source([envelope(1, "anna")]), RecordingGate())
    assert report.states == {State.QUEUED: 1}


def test_nobody_is_charged_for_a_server_that_refuses_connections() -> None:
    gate = RecordingGate()
    with socket.socket() as bound:  # bound and not listening: nobody else gets the port, and it refuses
        bound.bind(("127.0.0.1", 0))
        server = parse_server(f"smtp://127.0.0.1:{bound.getsockname()[1]}")
        report = Transport(server, patience=0.3).deliver(source(envelope(id, f"r{id}") for id in range(40)), gate)
    assert report.states == {State.QUEUED: 40}
    assert report.unreachable == "connect: Connection refused"
    assert {outcome.text for outcome in gate.outcomes.values()} == {"connect: Connection refused"}


def test_a_server_that_has_room_for_two_connections_is_used_by_two() -> None:
    gate = RecordingGate(delay=0.005)
    with playing(script(most=2)) as seen:
        report = transport(seen, 8).deliver(source(envelope(id, f"r{id}") for id in range(100)), gate)
    assert seen.taken == {f"r{id}": 1 for id in range(100)}
    assert (report.connections, report.unreachable) == (2, "")


@pytest.mark.parametrize("to", ["", "anna@example.org>\r\nDATA", "anna smith@example.org", "анна@example.org", "a<b@c"])
def test_an_address_that_would_break_out_of_its_command_is_never_written(to: str) -> None:
    gate = RecordingGate()
    with playing(Script()) as seen:
        bad = Envelope(1, "bounce@news.example", to, (b"x\r\n",))
        transport(seen).deliver(source([bad, envelope(2, "piotr")]), gate)
    assert (gate.outcomes[1].state, gate.outcomes[1].reason) == (State.REFUSED, Reason.BAD_ADDRESS)
    assert seen.taken == {"piotr": 1}


def test_an_empty_return_path_is_a_return_path() -> None:
    with playing(Script()) as seen:
        assert send_one(transport(seen).servers, Envelope(1, "", "anna@example.org", (b"x\r\n",))).state is State.SENT
    assert "MAIL FROM:<> SIZE=3" in seen.talks[0]


class Broken(Exception):
    """What goes wrong elsewhere."""


def test_a_source_that_fails_ends_the_run_with_every_envelope_settled() -> None:
    given = source([envelope(id, f"r{id}") for id in range(200)], batch=100)

    def failing() -> Sequence[Envelope]:
        if envelopes := given():
            return envelopes
        raise Broken

    gate = RecordingGate()
    with playing(Script()) as seen, pytest.raises(Broken):
        transport(seen).deliver(failing, gate)
    assert len(gate.outcomes) == 200
    assert seen.taken == {f"r{id}": 1 for id, outcome in gate.outcomes.items() if outcome.state is State.SENT}


def test_a_gate_that_fails_ends_the_run_with_every_envelope_settled() -> None:
    class Failing(RecordingGate):
        async def mark(self, id: int) -> bool:
            if id == 20:
                raise Broken
            return await super().mark(id)

    gate = Failing()
    with playing(Script()) as seen, pytest.raises(Broken):
        transport(seen).deliver(source(envelope(id, f"r{id}") for id in range(100)), gate)
    assert len(gate.outcomes) == 100
    assert gate.outcomes[20].state is State.QUEUED
    assert seen.taken == {f"r{id}": 1 for id, outcome in gate.outcomes.items() if outcome.state is State.SENT}


def test_a_slow_source_keeps_connections_open_and_survives_their_end() -> None:
    given = source([envelope(id, f"r{id}") for id in range(3)], batch=1)

    def slow() -> Sequence[Envelope]:
        while seen.open:  # the server hangs up on the idle connection before there is more
            pass
        return given()

    with playing(script({"dot": say("250 2.0.0 queued", Then.CLOSE)})) as seen:
        report = transport(seen, 1).deliver(slow, RecordingGate())
    assert report.states == {State.SENT: 3}


def test_send_one_says_what_became_of_it() -> None:
    with playing(script({"rcpt gone": "550 5.1.1 <gone@example.org> unknown"})) as seen:
        (server,) = transport(seen).servers
        assert send_one([server], envelope(1, "anna")).state is State.SENT
        assert send_one([server], envelope(2, "gone")) == Outcome(
            State.REFUSED, Reason.BAD_ADDRESS, server.label, 550, "5.1.1", "<…> unknown"
        )


def test_send_one_to_a_server_that_refuses_us_says_why() -> None:
    with playing(script({"connect": "554 5.7.1 not you"})) as seen:
        outcome = send_one(transport(seen).servers, envelope(1, "anna"))
    assert (outcome.state, outcome.text) == (State.QUEUED, "greeting: 554 not you")
