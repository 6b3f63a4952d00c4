"""Promise 1 while the broker and PostgreSQL are killed, emptied, frozen and restarted in the middle of a digest."""

from collections.abc import Callable

import pytest

from tests.journeys.account import Account

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", ["broker killed", "broker flushed", "broker frozen"])
def test_a_broker_that_breaks_costs_nobody_anything(put_through: Callable[..., Account], name: str) -> None:
    account = put_through(name, "sqlite", "hold")
    assert account.broken == []
    assert account.received == account.counted.planned


@pytest.mark.parametrize("name", ["postgresql restarted", "postgresql killed"])
def test_a_database_that_comes_back_within_a_lease_leaves_nothing_in_doubt(
    put_through: Callable[..., Account], name: str
) -> None:
    account = put_through(name, "postgresql", "hold")
    assert account.broken == []
    assert account.received == account.counted.planned


def test_a_database_away_for_longer_than_a_lease_puts_in_doubt_what_was_on_the_wire(
    put_through: Callable[..., Account],
) -> None:
    assert put_through("postgresql away for long", "postgresql", "resend").broken == []
