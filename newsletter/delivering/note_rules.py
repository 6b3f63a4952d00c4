"""What follows from an outcome for a note: somebody waits for it, so the first pause is short."""

from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.delivering import rules
from newsletter.outcomes import Outcome, Reason, State
from newsletter.store.batches import CRASHES_ALLOWED
from newsletter.store.ledger import Settled
from newsletter.store.notes import OwedNote

PAUSES = (timedelta(minutes=1), *rules.PAUSES)
"""Between tries after a 4xx; the last one repeats until a note has expired, as a delivery does."""


def settle(note: OwedNote, outcome: Outcome, *, now: datetime) -> Settled:
    """Return what to write down for `outcome`.

    A 4xx is tried again after a growing pause, and given up as refused (expired) 48 h after the first try.  What was
    not sent waits a minute if that was the server's doing, and else not at all.  What was cut off after the dot is owed
    again under the same Message-ID, but for its third time: a note twice is better than none.
    """
    expired = note.first_at is not None and now - note.first_at > rules.EXPIRES
    match outcome.state:
        case State.DEFERRED | State.QUEUED if expired and (outcome.code is not None or outcome.text):
            return Settled(replace(outcome, state=State.REFUSED, reason=Reason.EXPIRED), answered=True)
        case State.DEFERRED:
            again = PAUSES[min(note.attempts, len(PAUSES) - 1)]
            return Settled(outcome, not_before=now + again, answered=True)
        case State.QUEUED:
            return Settled(outcome, not_before=now + rules.CUT_OFF if outcome.text else None)
        case State.DOUBTFUL if note.crashes + 1 < CRASHES_ALLOWED:
            return Settled(replace(outcome, state=State.QUEUED), not_before=now + rules.CUT_OFF, crashed=True)
        case State.DOUBTFUL:
            return Settled(outcome, crashed=True)
        case _:
            return Settled(outcome, answered=True)
