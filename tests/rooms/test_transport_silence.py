"""Servers that say nothing: who makes them fall silent is put off, and a slice shorter than a step finds out too."""

from collections.abc import Callable, Iterator, Mapping

from newsletter.clock import monotonic
from newsletter.outcomes import State
from newsletter.transport import Report, Transport, parse_server, parse_servers
from tests.smtp.ledger import RecordingGate, envelope, source
from tests.smtp.script import SILENT, Do, Script, script
from tests.smtp.server import playing

PLAIN = ("SIZE 0",)
LONG = 20.0
"""Seconds a step may take where a test would fail if it waited for one."""


def after(seconds: float) -> Callable[[], bool]:
    """What is true once so many seconds have passed."""
    until = monotonic() + seconds
    return lambda: monotonic() > until


def deliver(
    play: Script, *names: str, timeout: float = 0.5, connections: int = 1, ends_after: float = LONG
) -> tuple[dict[str, State], Report]:
    """Deliver to readers of these names; `ends_after`: seconds after which nothing new is begun."""
    gate = RecordingGate()
    with playing(play) as seen:
        server = parse_server(f"smtp://127.0.0.1:{seen.port}?connections={connections}&timeout={timeout}")
        transport = Transport(server, patience=0.3, enough=after(ends_after))
        report = transport.deliver(source(envelope(id, name) for id, name in enumerate(names)), gate)
    return {name: gate.outcomes[id].state for id, name in enumerate(names)}, report


def test_a_server_that_says_nothing_shows_in_a_slice_shorter_than_a_step() -> None:
    states, report = deliver(script({"connect": SILENT}), "anna", timeout=LONG, ends_after=0.6)
    assert states == {"anna": State.QUEUED}
    assert report.unreachable.startswith("no answer within")


def test_a_slice_that_ends_at_once_says_nothing_of_the_server() -> None:
    _, report = deliver(script({"connect": SILENT}), "anna", timeout=LONG, ends_after=0.1)
    assert report.unreachable == ""


def test_who_makes_a_server_fall_silent_is_put_off_although_the_slice_is_over() -> None:
    states, report = deliver(script({"rcpt gone": SILENT}), "anna", "gone", "piotr", ends_after=0.2)
    assert states == {"anna": State.SENT, "gone": State.DEFERRED, "piotr": State.QUEUED}
    assert report.unreachable == ""


def test_one_who_makes_a_server_fall_silent_does_not_take_it_from_the_others() -> None:
    states, report = deliver(script({"rcpt gone": SILENT}), "gone", "anna", "piotr")
    assert states == {"gone": State.DEFERRED, "anna": State.SENT, "piotr": State.SENT}
    assert report.unreachable == ""


def test_a_server_that_falls_silent_for_everybody_is_left_alone() -> None:
    for offers in (("PIPELINING",), PLAIN):
        names = [f"r{id}" for id in range(20)]
        states, report = deliver(script({"mail": SILENT}, offers=offers), *names, connections=4)
        assert report.unreachable.startswith("no answer within")
        assert list(states.values()).count(State.QUEUED) >= 15
        assert set(states.values()) == {State.QUEUED, State.DEFERRED}


class OneAtATime(Mapping[str, Do]):
    """Answers of a server that greets one connection, and says nothing to those that come after it."""

    def __init__(self) -> None:
        self.connections = 0

    def __getitem__(self, moment: str) -> Do:
        if moment == "connect":
            self.connections += 1
            if self.connections > 1:
                return SILENT
        raise KeyError(moment)

    def __iter__(self) -> Iterator[str]:
        return iter(["connect"])

    def __len__(self) -> int:
        return 1


def test_a_server_that_says_nothing_to_one_connection_too_many_is_not_unreachable() -> None:
    names = [f"r{id}" for id in range(4)]
    play = script(OneAtATime())
    gate = RecordingGate(delay=0.2)
    with playing(play) as seen:
        server = parse_server(f"smtp://127.0.0.1:{seen.port}?connections=2&timeout={LONG}")
        transport = Transport(server, patience=0.3)
        report = transport.deliver(source(envelope(id, name) for id, name in enumerate(names)), gate)
    assert report.states == {State.SENT: 4}
    assert seen.connections == 2
    assert report.unreachable == ""


def test_nobody_waits_for_one_of_two_servers_that_says_nothing() -> None:
    gate = RecordingGate()
    with playing(Script()) as seen, playing(script({"connect": SILENT})) as silent:
        urls = " ".join(f"smtp://127.0.0.1:{port}?timeout={LONG}" for port in (seen.port, silent.port))
        began = monotonic()
        Transport(*parse_servers(urls)).deliver(source(envelope(id, f"r{id}") for id in range(50)), gate)
    assert monotonic() - began < LONG / 2
    assert {outcome.state for outcome in gate.outcomes.values()} == {State.SENT}
