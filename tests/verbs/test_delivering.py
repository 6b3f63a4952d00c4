"""Promises 1, 2 and 6: nobody lost, nobody twice, eligibility at the fence, one fault stays one fault."""

import email
import email.policy
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newsletter import publishing, subscribing, tokens
from newsletter.delivering import deliver_slice
from newsletter.digest import Variant
from newsletter.outcomes import Reason, State
from newsletter.store.batches import due_letters
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.notices import unseen_notices
from newsletter.store.owing import owe_again
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still


def reasons(here: Installation, state: State) -> list[str | None]:
    with here.database.reading() as session:
        return list(session.scalars(select(DeliveryRow.reason).where(DeliveryRow.state == state)))


def test_everyone_planned_gets_one_letter(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(40) + here.add_readers(30, "be-ru") + here.add_readers(5, "en", Variant.DISCREET)
    assert here.plan() == 75
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)
    assert len({ids[0] for ids in postbox.taken.values()}) == 75, "a Message-ID is one reader's"
    status = here.status()
    assert status.state is DigestState.SENT
    assert status.balances
    assert {letter.readers for letter in status.letters} == {40, 30, 5}


def test_a_letter_names_its_reader_and_nobody_else(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    first, second = here.add_readers(2)
    here.plan()
    here.deliver()
    message = email.message_from_bytes(postbox.body(first), policy=email.policy.default)
    assert message["To"] == first
    assert second.encode() not in postbox.body(first)
    assert postbox.senders[first] != postbox.senders[second]
    leave = message["List-Unsubscribe"].split("/leave/")[1].split(">")[0]
    with here.database.transaction() as session:
        assert subscribing.leave(session, here.keyring, leave, today=here.clock().date())
        remaining = session.scalars(select(SubscriberRow)).one()
        assert here.keyring.open(remaining.sealed, bound_to=remaining.ref) == second


def test_a_reader_refused_at_rcpt_never_stops_the_batch(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    first, gone, last = here.add_readers(3)
    postbox.answers[gone] = f"550 5.1.1 <{gone}> no such user"
    here.plan()
    here.deliver()
    assert set(postbox.taken) == {first, last}
    status = here.status()
    assert status.state is DigestState.SENT
    assert (status.counts[State.SENT], status.counts[State.REFUSED]) == (2, 1)
    with here.database.reading() as session:
        row = session.scalars(select(DeliveryRow).where(DeliveryRow.state == State.REFUSED)).one()
    assert row.reason == Reason.BAD_ADDRESS
    assert row.text is not None
    assert gone not in row.text


def test_a_4xx_is_tried_again_after_a_growing_pause(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    (shy,) = here.add_readers(1)
    postbox.answers[shy] = "451 4.7.1 greylisted"
    here.plan()
    here.deliver()
    assert here.status().counts[State.DEFERRED] == 1
    here.clock.forward(minutes=4)
    here.deliver()
    assert here.status().counts[State.DEFERRED] == 1
    del postbox.answers[shy]
    here.deliver()
    assert not postbox.taken, "tried before its time"
    here.clock.forward(minutes=2)
    here.deliver()
    assert set(postbox.taken) == {shy}
    assert here.status().state is DigestState.SENT


@pytest.mark.parametrize("stage", ["answers", "at_data", "at_dot"])
def test_what_is_put_off_for_two_days_is_given_up(here: Installation, postbox: Postbox, stage: str) -> None:
    here.load_seeds()
    (shy,) = here.add_readers(1)
    getattr(postbox, stage)[shy] = "452 4.2.2 not now"
    here.plan()
    for _ in range(12):
        here.deliver()
        here.clock.forward(hours=6)
    assert reasons(here, State.REFUSED) == [Reason.EXPIRED]
    assert here.status().state is DigestState.SENT


def test_who_leaves_after_planning_gets_nothing(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    _first, _second, third = here.add_readers(3)
    here.plan()
    with here.database.transaction() as session:
        leaver, sleeper, _ = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
        token = tokens.make(here.keyring, tokens.Purpose.LEAVE, leaver.ref)
        subscribing.leave(session, here.keyring, token, today=here.clock().date())
        sleeper.state = SubscriberState.PAUSED
    here.deliver()
    assert set(postbox.taken) == {third}
    assert sorted(str(reason) for reason in reasons(here, State.SKIPPED)) == ["left", "paused"]
    assert here.status().state is DigestState.SENT
    assert here.status().balances


def test_the_fence_sees_who_left_a_moment_ago(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(60)
    here.plan()
    postbox.hold(after=8)
    sending = threading.Thread(target=here.deliver)
    sending.start()
    postbox.wait("held", 8)
    # All sixty are claimed and in the sender's hands; eight are on the wire, and the others' readers are stopped now.
    with here.database.transaction() as session:
        session.execute(update(SubscriberRow).values(state=SubscriberState.STOPPED))
    postbox.release()
    sending.join()
    status = here.status()
    assert status.counts[State.SENT] + status.counts[State.SKIPPED] == len(readers)
    assert status.counts[State.SENT] == postbox.messages <= 16
    assert set(reasons(here, State.SKIPPED)) == {Reason.STOPPED}
    assert status.state is DigestState.SENT


def test_readers_who_leave_in_mid_slice_do_not_end_it(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(60)
    here.plan()
    with here.database.reading() as session:
        (letter_id,) = due_letters(session, now=here.clock())
    one_slice = standing_still(here, postbox, run=lambda: deliver_slice(letter_id, here))
    with one_slice, here.database.transaction() as session:
        for subscriber in session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).all()[16:36]:
            token = tokens.make(here.keyring, tokens.Purpose.LEAVE, subscriber.ref)
            assert subscribing.leave(session, here.keyring, token, today=here.clock().date())
    status = here.status()
    assert (status.counts[State.SENT], status.counts[State.SKIPPED]) == (40, 20)
    assert postbox.messages == 40
    assert status.state is DigestState.SENT


def test_what_waits_for_nothing_is_due_on_a_host_whose_clock_is_behind(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(3)
    here.plan()
    behind = here.clock() - timedelta(minutes=30)
    with here.database.transaction() as session:
        assert len(due_letters(session, now=behind)) == 1
        publishing.pause(session, WEEK, now=here.clock(), who="test")
        publishing.resume(session, WEEK, now=here.clock(), who="test")
        assert len(due_letters(session, now=behind)) == 1
    here.clock.now = behind
    here.deliver()
    assert postbox.messages == 3
    with here.database.transaction() as session:
        owe_again(session, session.scalars(select(DeliveryRow.id)).all(), batch_size=10, another_copy=True)
        session.execute(update(DigestRow).values(state=DigestState.SENDING))
        assert len(due_letters(session, now=behind)) == 1
    here.deliver()
    assert postbox.messages == 6


def test_a_pause_holds_at_the_next_fence_and_nobody_is_lost(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(60)
    here.plan()
    postbox.hold(after=8)
    sending = threading.Thread(target=here.deliver)
    sending.start()
    postbox.wait("held", 8)
    with here.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.PAUSED))
    postbox.release()
    sending.join()
    assert postbox.messages <= 16
    assert here.status().balances
    here.plan()  # an operator's send goes on with it
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)


def test_a_slice_that_is_told_to_stop_releases_what_it_has_not_begun(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(200)
    here.plan()
    here.deliver(stop=lambda: postbox.messages >= 20)
    assert 20 <= postbox.messages <= 60
    assert here.status().balances
    assert here.status().counts[State.SENDING] == 0
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)


def test_no_more_slices_of_a_letter_than_seats(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=2, slices_per_letter=2, batch_size=10)
    here.load_seeds()
    here.add_readers(100)
    here.plan()
    postbox.hold()
    slices = [threading.Thread(target=here.deliver) for _ in range(4)]
    for one in slices:
        one.start()
    postbox.wait("held", 4)
    slices_done = [one for one in slices if not one.is_alive()]
    postbox.release()
    for one in slices:
        one.join()
    assert len(slices_done) <= 2
    assert postbox.most_open <= 4
    assert here.status().state is DigestState.SENT


def test_one_damaged_address_is_one_readers_trouble(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(5)
    with here.database.transaction() as session:
        damaged = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).all()[-1]
        damaged.sealed = damaged.sealed[:-1] + bytes([damaged.sealed[-1] ^ 1])
    here.plan()
    here.deliver()
    assert set(postbox.taken) == set(readers[:4])
    assert reasons(here, State.REFUSED) == [Reason.UNSEALABLE]
    assert here.status().state is DigestState.SENT
    with here.database.reading() as session:
        assert [notice.kind for notice in unseen_notices(session)] == ["unsealable"]
