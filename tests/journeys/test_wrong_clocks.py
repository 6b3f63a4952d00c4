"""Clocks that jump or differ, beats in plenty, and messages that come again, in the middle of a digest."""

from collections.abc import Callable

import pytest

from tests.journeys.account import Account
from tests.journeys.scenarios.scenario import BOTH

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("clock jumps", "sqlite"),
        ("clock jumps", "postgresql"),
        ("clocks differ", "postgresql"),
        ("two beats", "sqlite"),
        ("visibility timeout of 2 s", "postgresql"),
    ],
)
def test_no_wall_clock_and_no_bell_that_rings_twice_makes_anybody_get_two(
    put_through: Callable[..., Account], name: str, database: str
) -> None:
    account = put_through(name, database, "hold")
    assert account.broken == []
    assert account.received == account.counted.planned


@pytest.mark.parametrize("database", BOTH)
def test_a_database_clock_that_jumps_ahead_costs_no_more_than_workers_that_die(
    put_through: Callable[..., Account], database: str
) -> None:
    assert put_through("database clock jumps ahead", database, "hold").broken == []


def test_a_database_clock_that_jumps_back_does_not_keep_a_dead_worker_alive(
    put_through: Callable[..., Account],
) -> None:
    assert put_through("database clock jumps back", "sqlite", "hold").broken == []


def test_what_was_handed_back_by_a_clock_that_was_ahead_is_due_when_it_is_put_right(
    put_through: Callable[..., Account],
) -> None:
    assert put_through("clock put right", "sqlite", "hold").broken == []
