"""Bells: who rings waits for no broker that is away or hangs, and leaves it alone for a while."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.servers.broker import Broker
from workers import bells


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    monkeypatch.setattr(bells, "monotonic", told)
    monkeypatch.setattr(bells, "_left_alone_until", 0.0)
    return told


def test_a_broker_that_did_not_answer_is_left_alone_for_a_while(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def away(task: str, **_: object) -> None:
        tried.append(task)
        raise OSError("no such broker")

    monkeypatch.setattr("workers.app.app.send_task", away)
    assert [bells.ring_for_notes(), bells.ring_for_askings()] == [False, False]
    assert tried == ["workers.notes.deliver_notes"]
    clock.now += bells.PAUSE
    assert not bells.ring_for_askings()
    assert tried[1:] == ["workers.readers.answer_askings"]


AWAY = """
from newsletter.clock import monotonic
from workers import bells
bells.open_up()
began = monotonic()
assert not bells.ring_for_letters()
print(monotonic() - began < 0.5)
"""

HANGS = """
from newsletter.clock import monotonic
from workers import bells
bells.open_up()
began = monotonic()
assert [ring() for ring in (bells.ring_for_letters, bells.ring_for_askings, bells.ring_for_notes)] == [False] * 3
print(monotonic() - began < 5)
"""

COMMAND = """
from newsletter.clock import monotonic
from newsletter.cli.ringing import ring
began = monotonic()
ring("notes")
print(monotonic() - began < 5)
"""

STOPS = """
from newsletter.clock import monotonic
from workers import bells
bells.open_up()
print(bells.ring_for_letters(), flush=True)
input()
began = monotonic()
assert [bells.ring_for_letters(), bells.ring_for_notes()] == [False, False]
print(monotonic() - began < 5, flush=True)
input()
bells._left_alone_until = 0.0
print(bells.ring_for_letters())
"""


def ringer(script: str, broker: str) -> subprocess.Popen[str]:
    """Start a process that only rings, as the pages' does: what it sets would stay for other tests."""
    environment = {"NEWSLETTER_BROKER_URL": broker, "PATH": "/usr/bin:/bin"}
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", script]
    return subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_who_rings_does_not_wait_for_a_broker_that_is_away() -> None:
    with ringer(AWAY, "redis+socket:///nowhere/valkey.sock") as process:
        out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("True\n", 0), err


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker()
    yield made
    made.remove()


@pytest.mark.parametrize("script", [HANGS, COMMAND], ids=["pages", "a command"])
def test_who_rings_does_not_wait_for_a_broker_that_never_answers(script: str) -> None:
    """It would be half a minute, as long as a worker waits; tried once, and not again for the next two bells."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with ringer(script, f"redis://127.0.0.1:{listener.getsockname()[1]}/0") as process:
            out, err = process.communicate(timeout=60)
        assert (out, process.returncode) == ("True\n", 0), err
        listener.settimeout(0)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100).startswith(b"*"), "it was not Valkey's language that was spoken"
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_who_rings_does_not_wait_for_a_broker_that_stops_answering_and_is_heard_when_it_goes_on(
    broker: Broker,
) -> None:
    with ringer(STOPS, broker.url) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        broker.freeze()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "True\n"
        broker.wake()
        out, err = process.communicate("\n", timeout=60)
    assert (out, process.returncode) == ("True\n", 0), err
