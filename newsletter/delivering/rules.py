"""What follows from an outcome: when to try again, when to give up, what doubt costs."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.outcomes import Outcome, Reason, State
from newsletter.store.batches import CRASHES_ALLOWED
from newsletter.store.ledger import Settled
from newsletter.store.open_deliveries import OpenDelivery

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480, 960))
"""Between tries after a 4xx; the last one repeats until a delivery has expired."""

EXPIRES = timedelta(hours=48)
"""After its first try a delivery that is still deferred is given up."""

CUT_OFF = timedelta(minutes=1)
"""Before a message is tried again that a server cut off before its dot."""

JITTER = 0.1


def settle(delivery: OpenDelivery, outcome: Outcome, *, now: datetime, resend: bool) -> Settled:
    """Return what to write down for `outcome`.

    A 4xx is tried again after a growing pause, and given up as refused (expired) 48 h after the first try.  What a
    server cut off before the dot waits a minute; what was handed back untouched does not.  What was cut off after the
    dot is in doubt: owed again (`resend`) but for its third time, else kept as doubtful.  While there is no server that
    takes anything, time takes nothing from a reader.
    """
    expired = delivery.first_at is not None and now - delivery.first_at > EXPIRES
    said_something = outcome.code is not None or bool(outcome.text)
    tried = said_something and outcome.step is None  # else there was no server, or its refusal was held back
    match outcome.state:
        case State.DEFERRED | State.QUEUED if expired and tried:
            return Settled(replace(outcome, state=State.REFUSED, reason=Reason.EXPIRED), answered=True)
        case State.DEFERRED:
            return Settled(outcome, not_before=now + _pause(delivery.attempts), answered=True)
        case State.QUEUED:
            return Settled(outcome, not_before=now + CUT_OFF if said_something else None)
        case State.DOUBTFUL if resend and delivery.crashes + 1 < CRASHES_ALLOWED:
            return Settled(replace(outcome, state=State.QUEUED), not_before=now + CUT_OFF, crashed=True)
        case State.DOUBTFUL:
            return Settled(outcome, crashed=True)
        case _:
            return Settled(outcome, answered=True)


def _pause(attempts: int) -> timedelta:
    pause = PAUSES[min(attempts, len(PAUSES) - 1)]
    return pause * (1 + random.uniform(-JITTER, JITTER))  # noqa: S311  # spreads the load; no secret
