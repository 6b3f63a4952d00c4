"""Readers who leave or choose otherwise, and an operator who pauses, in the middle of a digest, on both databases."""

from collections.abc import Callable

import pytest

from newsletter.outcomes import State
from tests.journeys.account import Account
from tests.journeys.scenarios.scenario import BOTH

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("database", BOTH)
def test_who_leaves_in_mid_run_gets_nothing_from_the_next_fence_on(
    put_through: Callable[..., Account], database: str
) -> None:
    account = put_through("readers leave", database, "hold")
    assert account.broken == []
    assert account.received + account.counted.states[State.SKIPPED] == account.counted.planned


@pytest.mark.parametrize("database", BOTH)
def test_who_turns_discreet_in_mid_run_gets_one_mail_and_discreet_from_the_next_fence_on(
    put_through: Callable[..., Account], database: str
) -> None:
    account = put_through("readers turn discreet", database, "hold")
    assert account.broken == []
    replaced = account.counted.states[State.SKIPPED]
    assert replaced > 0
    assert account.received == account.counted.planned - replaced == account.counted.states[State.SENT]


@pytest.mark.parametrize("database", BOTH)
def test_a_digest_paused_in_mid_run_stands_still_and_goes_on_where_it_stood(
    put_through: Callable[..., Account], database: str
) -> None:
    account = put_through("paused and resumed", database, "hold")
    assert account.broken == []
    assert account.received == account.counted.planned
