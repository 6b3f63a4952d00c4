"""`newsletter digest send`, on each engine: plans once, rings each time, and loses nothing without a broker."""

from pathlib import Path

import pytest

from tests.servers.command import Command


@pytest.fixture
def ready(command: Command) -> Command:
    """The sample's commentaries and readers, loaded."""
    command.here.load_seeds()
    command.here.add_readers(2)
    command.here.add_readers(3, "be-ru")
    return command


def test_sending_twice_plans_once_and_rings_twice(ready: Command, broker_url: str) -> None:
    first, again = (ready.forked("digest", "send", "2019-W41", broker_url=broker_url) for _ in range(2))
    assert (first.code, first.out, first.err) == (0, "2019-W41: planned for 5 readers\n", "")
    assert (again.code, again.out, again.err) == (0, "2019-W41: planned already\n", "")
    status = ready.here.status()
    assert (status.planned, status.balances) == (5, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broker_that_is_away_delays_and_loses_nothing(ready: Command, tmp_path: Path) -> None:
    answer = ready.alone("digest", "send", "2019-W41", broker_url=f"redis+socket://{tmp_path}/none.sock")
    assert (answer.code, answer.out) == (0, "2019-W41: planned for 5 readers\n")
    assert answer.err == "the broker does not answer; a worker that runs finds the work within a minute\n"
