"""The bell for notes: one run a process, and no bell lost."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from newsletter import delivering
from tests.verbs.conftest import Installation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Run = Callable[[], int]


class Bell:
    """The task, in this process.  `runs` is what each run does, first to last; a run too many fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from workers import notes  # here: Celery keeps the first settings that it sees

        self.runs: list[Run] = []
        self.rung = 0
        self.seat: Any = notes._Seat()
        self.ring = notes.deliver_notes
        monkeypatch.setattr(notes, "_seat", self.seat)
        monkeypatch.setattr(delivering, "deliver_notes", self._run)
        monkeypatch.setattr(notes.deliver_notes, "delay", self._again)

    def turns_last(self, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("workers.notes.TURN", seconds)

    def _run(self, *_: object, **__: object) -> int:
        self.seat.rung.clear()  # as a run does before it looks
        return self.runs.pop(0)()

    def _again(self) -> None:
        self.rung += 1


@pytest.fixture
def bell(install: Callable[..., Installation], broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Bell:
    monkeypatch.setenv("NEWSLETTER_BROKER_URL", broker_url)
    monkeypatch.setattr("newsletter.runtime._opened", {os.getpid(): install()})
    return Bell(monkeypatch)


def test_a_bell_that_rings_while_a_run_is_ending_is_heard(bell: Bell) -> None:
    def ending() -> int:
        bell.ring()  # comes to nothing now: the seat is taken
        return 0

    bell.runs += [ending, int]
    bell.ring()
    assert bell.runs == []


def test_a_run_that_fails_gives_its_seat_back(bell: Bell) -> None:
    def failing() -> int:
        raise ZeroDivisionError

    bell.runs += [failing, int]
    with pytest.raises(ZeroDivisionError):
        bell.ring()
    bell.ring()
    assert bell.runs == []


def test_a_run_that_has_had_its_turn_makes_room_and_rings_again(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    bell.turns_last(-1, monkeypatch)
    bell.runs += [int]
    bell.ring()
    assert (bell.runs, bell.rung) == ([], 1)
