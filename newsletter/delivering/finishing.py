"""The end of a digest: nothing is owed any more, and the account balances."""

from datetime import datetime

from newsletter.outcomes import State
from newsletter.store import Session
from newsletter.store.batches import has_batches
from newsletter.store.deliveries import tally
from newsletter.store.digests import DigestRow, DigestState, sending_digests
from newsletter.store.holding import end_leftovers
from newsletter.store.notices import add_notice
from newsletter.store.owing import cover, open_ids


def finish_digest(session: Session, digest: DigestRow, *, now: datetime) -> bool:
    """Call a digest sent, if no batch of it is left and every planned delivery has come to an end.

    An account that does not balance is never closed: the operator is told.  Of a cancelled digest, what workers have
    given back is owed no more.
    """
    if digest.state is DigestState.CANCELLED:
        end_leftovers(session)
    if digest.state is not DigestState.SENDING or has_batches(session, digest.id):
        return False
    counted = tally(session, digest.id)
    if not counted.balances or counted.states[State.SENDING]:
        text = f"planned {counted.planned}, found {sum(counted.states.values())}, open {counted.open}"
        add_notice(session, "unbalanced", now=now, text=text, week=digest.week, digest_id=digest.id)
        return False
    if counted.open:
        # Queued again by an operator in the moment in which a worker found nothing open in its batch and deleted it.
        cover(session, open_ids(session, digest.id))
        return False
    digest.state = DigestState.SENT
    return True


def finish_digests(session: Session, *, now: datetime) -> None:
    """Look at every digest that is being sent, or was cancelled: a crash may have come before its end was seen."""
    end_leftovers(session)
    for digest in sending_digests(session):
        finish_digest(session, digest, now=now)
