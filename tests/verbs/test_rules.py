"""What follows from an outcome for a reader's record: pauses, giving up, doubt."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivering.rules import CUT_OFF, EXPIRES, PAUSES, settle
from newsletter.outcomes import Outcome, Reason, State, Step
from newsletter.store.ledger import Settled
from newsletter.store.open_deliveries import OpenDelivery

NOW = datetime(2019, 10, 14, 6, 0, tzinfo=UTC)
LONG_AGO = NOW - EXPIRES - timedelta(minutes=1)
NEVER = OpenDelivery(1, 1, b"ref", b"sealed", 0, 0, 0, None)
TRIED = NEVER._replace(attempts=9, first_at=LONG_AGO)
PUT_OFF = Outcome(State.DEFERRED, None, "relay:25", 451, "4.7.1", "greylisted")
CUT_SHORT = Outcome(State.QUEUED, None, "relay:25", None, "", "in the body: connection reset")
NO_SERVER = Outcome(State.QUEUED, None, "relay:25", None, "", "greeting: 421 later", Step.CONNECT)
HELD_BACK = Outcome(State.QUEUED, None, "relay:25", 554, "5.7.1", "spam", Step.DOT)
HANDED_BACK = Outcome(State.QUEUED)
IN_DOUBT = Outcome(State.DOUBTFUL, None, "relay:25", None, "", "after the final dot: connection closed")


def after(delivery: OpenDelivery, outcome: Outcome, *, resend: bool = True) -> Settled:
    return settle(delivery, outcome, now=NOW, resend=resend)


@pytest.mark.parametrize("attempts", range(12))
def test_what_is_put_off_waits_longer_each_time(attempts: int) -> None:
    settled = after(NEVER._replace(attempts=attempts, first_at=NOW), PUT_OFF)
    usual = PAUSES[min(attempts, 7)]
    assert settled.not_before is not None
    assert 0.9 * usual <= settled.not_before - NOW <= 1.1 * usual
    assert (settled.outcome.state, settled.answered) == (State.DEFERRED, True)


@pytest.mark.parametrize("outcome", [PUT_OFF, CUT_SHORT])
def test_what_is_tried_in_vain_for_48_hours_is_given_up(outcome: Outcome) -> None:
    given_up = after(TRIED, outcome)
    assert (given_up.outcome.state, given_up.outcome.reason) == (State.REFUSED, Reason.EXPIRED)
    assert after(TRIED._replace(first_at=NOW - EXPIRES), outcome).outcome.state is outcome.state


@pytest.mark.parametrize("outcome", [NO_SERVER, HELD_BACK, HANDED_BACK])
def test_nobody_is_given_up_while_no_server_takes_anything(outcome: Outcome) -> None:
    settled = after(TRIED, outcome)
    assert (settled.outcome.state, settled.answered, settled.crashed) == (State.QUEUED, False, False)


def test_what_was_not_sent_waits_a_minute_and_what_was_handed_back_does_not() -> None:
    assert [after(NEVER, outcome).not_before for outcome in (CUT_SHORT, NO_SERVER, HELD_BACK, HANDED_BACK)] == [
        NOW + CUT_OFF,
        NOW + CUT_OFF,
        NOW + CUT_OFF,
        None,
    ]


def test_doubt_is_sent_again_but_for_the_third_time_or_held() -> None:
    states = [after(NEVER._replace(crashes=crashes), IN_DOUBT).outcome.state for crashes in range(3)]
    assert states == [State.QUEUED, State.QUEUED, State.DOUBTFUL]
    assert after(NEVER, IN_DOUBT, resend=False).outcome.state is State.DOUBTFUL
    assert after(NEVER, IN_DOUBT).crashed
