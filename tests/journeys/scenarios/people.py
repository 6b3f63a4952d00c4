"""What people do in the middle of a run: readers leave or choose otherwise, the operator pauses and goes on."""

import time

from sqlalchemy import select

from newsletter import addresses, publishing, subscribing, tokens
from newsletter.digest import Variant
from newsletter.outcomes import State
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.subscribers import SubscriberRow
from tests.journeys.ordeal import PACE, Ordeal
from tests.journeys.scenarios.scenario import Scenario
from tests.journeys.site import WEEK

LEAVERS = 60
TURNERS = 60
LATE = 5
"""Readers who turn to the discreet letter when they have the full one already."""

LONG = 12
"""Seconds that the digest would take: a busy machine needs some of them for so many readers; then it may hurry."""

NEXT = 150
"""Deliveries that are next in line: many of them claimed already, and some about to be marked."""


def readers_leave(ordeal: Ordeal) -> None:
    """Readers whose turn it is about to be leave by their link: whoever was not yet on the wire gets nothing."""
    ordeal.last(LONG)
    ordeal.start()
    ordeal.at(0.05)
    for _ in range(LEAVERS):
        _leave(ordeal)
        time.sleep(ordeal.random.uniform(0, 0.01))
    assert ordeal.site.tally()[1].states[State.SKIPPED], "too late: everybody had it already"
    ordeal.pace(PACE)


def _leave(ordeal: Ordeal) -> None:
    """Leave as the page behind the link does it."""
    here = ordeal.site.here
    with here.database.transaction() as session:
        rows = select(DeliveryRow.id, SubscriberRow).join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        owed = rows.where(DeliveryRow.state == State.QUEUED).order_by(DeliveryRow.id).limit(NEXT)
        delivery_id, subscriber = ordeal.random.choice(session.execute(owed).all())
        reader = here.keyring.open(subscriber.sealed, bound_to=subscriber.ref)
        token = tokens.make(here.keyring, tokens.Purpose.LEAVE, subscriber.ref)
        assert subscribing.leave(session, here.keyring, token, today=here.clock().date())
        state = session.scalar(select(DeliveryRow.state).where(DeliveryRow.id == delivery_id))
        ordeal.left[reader] = state is State.SKIPPED


def readers_turn_discreet(ordeal: Ordeal) -> None:
    """Readers whose turn it is about to be choose the discreet letter: from then on nothing but that goes out to them.

    Who has the full one, or has it on the wire, gets nothing more.  Workers have threads enough for both letters.
    """
    ordeal.last(LONG)
    ordeal.start("many at once")
    ordeal.at(0.05)
    for reader in list(ordeal.postbox.taken)[:LATE]:
        _turn(ordeal, ordeal.site.here.keyring.lookup(addresses.parse(reader).canonical))
        assert not ordeal.turned[reader], "who has it is owed it again"
    for _ in range(TURNERS):
        _turn(ordeal)
        ordeal.site.tally()  # balances at every look
        time.sleep(ordeal.random.uniform(0, 0.01))
    ordeal.ring()
    assert any(ordeal.turned.values()), "too late: everybody had it already"
    ordeal.pace(PACE)


def _turn(ordeal: Ordeal, lookup: bytes | None = None) -> None:
    """Choose the discreet letter as the page behind the link does it: that reader, or one whose turn is next."""
    here = ordeal.site.here
    with here.database.transaction() as session:
        rows = select(SubscriberRow).where(SubscriberRow.variant == Variant.FULL)
        if lookup is None:
            rows = rows.join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)
            rows = rows.where(DeliveryRow.state.in_((State.QUEUED, State.SENDING)))
            rows = rows.order_by(DeliveryRow.id).limit(NEXT)
        else:
            rows = rows.where(SubscriberRow.lookup == lookup)
        subscriber = ordeal.random.choice(session.scalars(rows).all())
        edition = here.publication.edition(subscriber.edition)
        done = subscribing.change(
            session,
            here.keyring,
            tokens.make(here.keyring, tokens.Purpose.PREFERENCES, subscriber.ref),
            edition=edition,
            order=edition.languages,
            variant=Variant.DISCREET,
            silent_until=None,
            today=here.clock().date(),
        )
        assert done is not None
        size = here.settings.batch_size
        owed = publishing.owe_afresh(
            session, here.publication, done.released, done.ref, now=here.clock(), batch_size=size
        )
        reader = here.keyring.open(subscriber.sealed, bound_to=subscriber.ref)
    ordeal.turned[reader] = owed == 1


def paused_and_resumed(ordeal: Ordeal) -> None:
    """The digest is paused, nothing leaves the house but what is on the wire, and it goes on where it stood."""
    here = ordeal.site.here
    ordeal.start()
    ordeal.at(0.3)
    with here.database.transaction() as session:
        publishing.pause(session, WEEK, now=here.clock(), who="test")
    # A connection has one message on the wire, and one mark may be in the flush that the pause has met.
    may_come = ordeal.postbox.messages + 2 * ordeal.connections * len(ordeal.crew)
    ordeal.until(lambda: ordeal.postbox.open == 0)
    came = ordeal.postbox.messages
    assert came <= may_come, "it went on after the pause"
    time.sleep(1.2)  # a beat
    assert ordeal.postbox.messages == came == ordeal.sent(), "somebody rang, and it went on"
    assert ordeal.site.tally()[1].open, "too late: nothing was left to pause"
    with here.database.transaction() as session:
        publishing.resume(session, WEEK, now=here.clock(), who="test")


PEOPLE = (Scenario(readers_leave), Scenario(readers_turn_discreet), Scenario(paused_and_resumed))
