"""Bells: who rings for a broker that is away waits for nothing, and leaves it alone for a while."""

import subprocess
import sys

import pytest

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


def test_who_rings_does_not_wait_for_a_broker_that_is_away() -> None:
    environment = {"NEWSLETTER_BROKER_URL": "redis+socket:///nowhere/valkey.sock", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", AWAY], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
