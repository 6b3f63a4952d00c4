"""What a subscriber chose, changed: edition, order, variant, silence, another address.  The subscriber is locked first.

What is still owed was owed for the old choice: it is released, and whoever plans owes it again in the right letter.  A
message in the hands of a worker is released too, for its row is not open any more at the fence: discreet holds at once.
What is on the wire may come back: whoever plans says in which letter.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.digest import Variant
from newsletter.outcomes import OPEN, UNSURE, Reason, State
from newsletter.store.bounces import newest_week
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.domains import domain_ids, lock_domains
from newsletter.store.planning import lock_plans
from newsletter.store.subscribers import NewSubscriber, SubscriberRow, SubscriberState, forget_domain
from newsletter.store.turns import take_turns


def subscriber_to_change(
    session: Session, *, ref: bytes | None = None, lookups: Sequence[bytes] = ()
) -> SubscriberRow | None:
    """Return the subscriber of a `ref`, or with one of these look-up values, locked; None if there is none.

    After whoever else is at the address: see `turns`.
    """
    mine = SubscriberRow.lookup.in_(lookups) if ref is None else SubscriberRow.ref == ref
    take_turns(session, lookups[-1] if lookups else select(SubscriberRow.lookup).where(mine))
    wanted = select(SubscriberRow).where(mine).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))  # as it stands once the lock is ours


def choose(session: Session, row: SubscriberRow, edition: str, languages: str, variant: Variant) -> list[int]:
    """Change what a subscriber reads; return the digests to be owed afresh, because they were not yet through."""
    if (row.edition, row.languages, row.variant) == (edition, languages, variant):
        return []
    row.edition, row.languages, row.variant = edition, languages, variant
    session.flush()
    return release(session, row)


def keep_silent(session: Session, row: SubscriberRow, until: date | None) -> None:
    """Send a subscriber nothing until a day; None: write again from now on, whatever the silence was for.

    Where it was for what came back, that is forgiven: it would stop the reader again at once.
    """
    if row.state is SubscriberState.STOPPED:
        row.forgiven_week = newest_week(session, row.id)
    row.state = SubscriberState.ACTIVE if until is None else SubscriberState.PAUSED
    row.paused_until = until
    row.stop_reason = None
    session.flush()


def stop(session: Session, row: SubscriberRow, reason: str) -> None:
    """Write to a subscriber no more; the fence skips what is still owed."""
    row.state, row.paused_until, row.stop_reason = SubscriberState.STOPPED, None, reason
    session.flush()


def wake(session: Session, *, today: date) -> None:
    """Make those active again whose silence ends today or has ended."""
    over = (SubscriberRow.state == SubscriberState.PAUSED, SubscriberRow.paused_until <= today)
    session.execute(
        update(SubscriberRow)
        .where(*over)
        .values(state=SubscriberState.ACTIVE, paused_until=None)
        .execution_options(synchronize_session=False)
    )


def move(session: Session, row: SubscriberRow, to: NewSubscriber) -> list[int]:
    """Write to a subscriber at another address, sealed for this `ref`; return the digests to be owed afresh."""
    domain = row.domain_id
    lock_domains(session, domain, to.domain_lookup)
    row.lookup, row.sealed = to.lookup, to.sealed
    row.domain_id = domain_ids(session, {to.domain_lookup: to.domain_sealed})[to.domain_lookup]
    session.flush()
    if row.domain_id != domain:
        forget_domain(session, domain)
    return release(session, row)


def release(session: Session, row: SubscriberRow) -> list[int]:
    """Skip what a subscriber is still owed and has not on the wire; it is nobody's from then on.

    Returns the digests of that, and of what is on the wire or in doubt and may be sent again.  Planners take turns: who
    releases is about to plan, and must hold their lock before the rows.
    """
    if row.state is not SubscriberState.ACTIVE:  # the fence says why nothing is sent; nothing is owed in its place
        return []
    lock_plans(session)
    mine = DeliveryRow.subscriber_id == row.id
    # Locked before they are told apart: what is on the wire may come back, and be claimed, in this moment.
    unsettled = select(DeliveryRow.digest_id).where(mine, DeliveryRow.state.in_((*OPEN, *UNSURE)))
    digests = session.scalars(unsettled.with_for_update()).all()
    session.execute(
        update(DeliveryRow)
        .where(mine, DeliveryRow.state.in_(OPEN))
        .values(state=State.SKIPPED, reason=Reason.CHANGED, subscriber_id=None, not_before=None)
        .execution_options(synchronize_session=False)
    )
    return sorted(digests)
