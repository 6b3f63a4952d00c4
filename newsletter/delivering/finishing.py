"""The end of a digest: nothing is owed any more, and the account balances."""

from datetime import datetime

from newsletter.store import Session
from newsletter.store.batches import has_batches
from newsletter.store.deliveries import tally
from newsletter.store.digests import DigestRow, DigestState, sending_digests
from newsletter.store.notices import add_notice


def finish_digest(session: Session, digest: DigestRow, *, now: datetime) -> bool:
    """Call a digest sent, if no batch of it is left and every planned delivery has come to an end.

    An account that does not balance is never closed: the operator is told.
    """
    if digest.state is not DigestState.SENDING or has_batches(session, digest.id):
        return False
    counted = tally(session, digest.id)
    if not counted.balances or counted.open:
        text = f"planned {counted.planned}, found {sum(counted.states.values())}, open {counted.open}"
        add_notice(session, "unbalanced", now=now, text=text, week=digest.week, digest_id=digest.id)
        return False
    digest.state = DigestState.SENT
    return True


def finish_digests(session: Session, *, now: datetime) -> None:
    """Look at every digest that is being sent: a crash may have come between its last delivery and its end."""
    for digest in sending_digests(session):
        finish_digest(session, digest, now=now)
