"""Promise 1 while workers are killed, frozen and told to stop in the middle of a digest."""

from collections.abc import Callable

import pytest

from tests.journeys.account import Account
from tests.journeys.scenarios.scenario import BOTH

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(("database", "on_doubt"), [("sqlite", "hold"), ("postgresql", "resend")])
def test_kill_9_at_eight_places_loses_nobody_and_repeats_only_what_was_in_doubt(
    put_through: Callable[..., Account], database: str, on_doubt: str
) -> None:
    account = put_through("killed", database, on_doubt)
    assert account.broken == []
    assert account.at_risk, "nothing was on the wire when they died"


@pytest.mark.parametrize(
    ("name", "database", "on_doubt"),
    [
        ("frozen", "sqlite", "resend"),
        ("frozen", "postgresql", "hold"),
        ("frozen between dot and answer", "sqlite", "hold"),
        ("frozen between dot and answer", "postgresql", "resend"),
    ],
)
def test_a_frozen_worker_that_wakes_up_sends_nothing_that_another_has_taken(
    put_through: Callable[..., Account], name: str, database: str, on_doubt: str
) -> None:
    account = put_through(name, database, on_doubt)
    assert account.broken == []
    assert account.at_risk, "nothing was on the wire when it froze"


@pytest.mark.parametrize("database", BOTH)
def test_a_worker_told_to_stop_leaves_nothing_in_doubt(put_through: Callable[..., Account], database: str) -> None:
    account = put_through("told to stop", database, "hold")
    assert account.broken == []
    assert account.received == account.counted.planned


def test_a_disk_that_is_full_for_a_while_puts_nobody_in_doubt(put_through: Callable[..., Account]) -> None:
    account = put_through("disk full", "sqlite", "hold")
    assert account.broken == []
    assert account.received == account.counted.planned
