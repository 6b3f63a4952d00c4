"""Changing: the right letter, once, at once; and silence.  The account balances whatever is changed in the middle."""

from functools import partial

import pytest

from newsletter import publishing, subscribing
from newsletter.digest import Variant
from newsletter.outcomes import Reason, State
from newsletter.store.choices import stop, subscriber_to_change
from newsletter.store.digests import DigestState
from newsletter.store.subscribers import SubscriberState
from newsletter.subscribing import BadDate
from newsletter.tokens import ForeignToken, Purpose, make
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still
from tests.verbs.readers import ANNA, add, at_once, change, is_sound, leave, owed, row, today, waiting

DISCREET = Variant.DISCREET


@pytest.fixture
def anna(here: Installation) -> bytes:
    """A reader of the full letter in Belarusian, of an installation with commentaries."""
    here.load_seeds()
    return add(here)


def sender_of(postbox: Postbox, name: str) -> str:
    return postbox.senders[name].rpartition("@")[2]


def test_what_is_owed_still_is_owed_in_the_right_letter_once(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    assert change(here, anna, "be-ru", ("ru", "be"), DISCREET) == 1
    assert owed(here) == [
        ("be-ru", "full", State.SKIPPED, Reason.CHANGED),
        ("be-ru", "discreet", State.QUEUED, None),
    ]
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {ANNA: 1}
    assert sender_of(postbox, ANNA) == "letter.example.net"
    assert (here.status().state, here.status().planned, is_sound(here)) == (DigestState.SENT, 2, True)


def test_who_has_the_digest_does_not_get_it_again(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    here.deliver()
    assert change(here, anna, "en", variant=DISCREET) == 0
    here.deliver()
    assert postbox.messages == 1
    found = row(here, anna)
    assert found is not None
    assert (found.edition, found.languages, found.variant) == ("en", "en", "discreet")


def test_saving_without_a_change_moves_nothing(here: Installation, anna: bytes) -> None:
    here.plan()
    assert change(here, anna) == 0
    assert owed(here) == [("be-ru", "full", State.QUEUED, None)]


def test_there_and_back_again_owes_one_letter(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    for variant in (DISCREET, Variant.FULL, DISCREET, Variant.FULL):
        assert change(here, anna, variant=variant) == 1
    here.deliver()
    assert postbox.messages == 1
    assert sender_of(postbox, ANNA) == "week.example.org"
    assert here.status().counts[State.SKIPPED] == 4
    assert is_sound(here)


def test_a_letter_that_waits_after_a_refusal_is_the_other_one_from_now_on(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    postbox.answers[ANNA] = "451 4.7.1 later"
    here.plan()
    here.deliver()
    assert [one[2] for one in owed(here)] == [State.DEFERRED]
    assert change(here, anna, variant=DISCREET) == 1
    del postbox.answers[ANNA]
    here.pass_circuits()
    here.deliver()
    assert [one[1:3] for one in owed(here)] == [("full", State.SKIPPED), ("discreet", State.SENT)]


def test_a_discreet_choice_holds_for_what_a_worker_has_in_hand(here: Installation, postbox: Postbox) -> None:
    """Addressed and claimed already, but not marked: the fence finds it skipped, and the discreet one goes out."""
    here.load_seeds()
    names = here.add_readers(40)
    here.plan()
    with standing_still(here, postbox):
        in_hand, on_the_wire = waiting(here), waiting(here, State.SENDING)
        assert len(in_hand) > 10
        for ref in in_hand.values():
            assert change(here, ref, "en", variant=DISCREET) == 1
        assert len(on_the_wire) >= 8
        for ref in on_the_wire.values():
            assert change(here, ref, "en", variant=DISCREET) == 0  # it may have arrived
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(names, 1)
    hosts = {name: sender_of(postbox, name) for name in names}
    assert {hosts[name] for name in in_hand} == {"letter.example.net"}
    assert {hosts[name] for name in names if name not in in_hand} == {"week.example.org"}
    assert here.status().counts[State.SKIPPED] == len(in_hand)
    assert is_sound(here)


def test_in_a_paused_digest_the_choice_is_moved_and_waits(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    with here.database.transaction() as session:
        publishing.pause(session, WEEK, now=here.clock(), who="test")
    assert change(here, anna, "en") == 1
    here.deliver()
    assert (here.status().state, postbox.messages) == (DigestState.PAUSED, 0)
    with here.database.transaction() as session:
        publishing.resume(session, WEEK, now=here.clock(), who="test")
    here.deliver()
    assert [(one[0], one[2]) for one in owed(here)] == [("be-ru", State.SKIPPED), ("en", State.SENT)]
    assert postbox.messages == 1


def test_of_a_cancelled_digest_nothing_is_owed_again(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    with here.database.transaction() as session:
        publishing.cancel(session, WEEK, now=here.clock(), who="test")
    assert change(here, anna, "en") == 0
    here.deliver()
    assert postbox.messages == 0
    assert is_sound(here)


def test_silence_holds_at_once_and_ends_on_its_day(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    assert change(here, anna, silent_days=14) == 0
    here.deliver()
    assert postbox.messages == 0
    assert owed(here) == [("be-ru", "full", State.SKIPPED, Reason.PAUSED)]
    found = row(here, anna)
    assert found is not None
    assert found.state is SubscriberState.PAUSED
    assert found.paused_until is not None
    assert (found.paused_until - today(here)).days == 14


def test_silence_that_ends_in_time_costs_nothing(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    change(here, anna, silent_days=14)
    change(here, anna)
    here.deliver()
    assert postbox.messages == 1


def test_who_is_silent_and_chooses_otherwise_is_owed_nothing(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    assert change(here, anna, "en", silent_days=14) == 0
    assert owed(here) == [("be-ru", "full", State.QUEUED, None)]
    here.deliver()
    assert owed(here) == [("be-ru", "full", State.SKIPPED, Reason.PAUSED)]
    assert postbox.messages == 0
    assert is_sound(here)
    assert here.status().state is DigestState.SENT


def test_who_wakes_and_chooses_otherwise_at_once_gets_the_other_letter(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    here.plan()
    change(here, anna, silent_days=14)
    assert change(here, anna, "en") == 1
    here.deliver()
    assert [(one[0], one[2]) for one in owed(here)] == [("be-ru", State.SKIPPED), ("en", State.SENT)]
    assert postbox.messages == 1


def test_who_chooses_otherwise_while_silent_and_wakes_in_time_gets_the_other_letter(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    here.plan()
    assert change(here, anna, "en", silent_days=14) == 0
    assert change(here, anna, "en") == 1
    here.deliver()
    assert [(one[0], one[2]) for one in owed(here)] == [("be-ru", State.SKIPPED), ("en", State.SENT)]
    assert postbox.messages == 1
    assert is_sound(here)


@pytest.mark.parametrize("days", [-1, 0, 367, 10_000])
def test_a_day_that_makes_no_sense_changes_nothing(here: Installation, anna: bytes, days: int) -> None:
    with pytest.raises(BadDate):
        change(here, anna, "en", silent_days=days)
    found = row(here, anna)
    assert found is not None
    assert (found.edition, found.state) == ("be-ru", SubscriberState.ACTIVE)
    assert change(here, anna, silent_days=1) == 0
    assert change(here, anna, silent_days=366) == 0


def test_who_was_stopped_stays_stopped(here: Installation, anna: bytes, postbox: Postbox) -> None:
    with here.database.transaction() as session:
        found = subscriber_to_change(session, ref=anna)
        assert found is not None
        stop(session, found, "bad-address")
    here.add_readers(1)
    here.plan()
    for days in (None, 14):
        assert change(here, anna, "en", silent_days=days) == 0
        found = row(here, anna)
        assert found is not None
        assert (found.state, found.stop_reason, found.paused_until) == ("stopped", "bad-address", None)
    assert found.edition == "en"
    here.deliver()
    assert list(postbox.taken) == ["en-full-0@example.org"]


def test_a_link_of_somebody_gone_changes_nothing_and_a_foreign_one_is_refused(here: Installation, anna: bytes) -> None:
    assert leave(here, anna)
    assert change(here, anna, "en") is None
    edition = here.publication.edition("en")
    with here.database.transaction() as session, pytest.raises(ForeignToken):
        subscribing.change(
            session,
            here.keyring,
            make(here.keyring, Purpose.LEAVE, anna),
            edition=edition,
            order=edition.languages,
            variant=DISCREET,
            silent_until=None,
            today=today(here),
        )


def test_two_changes_at_once_owe_one_letter(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    _ = here.keyring
    for turn in range(6):
        at_once(
            partial(change, here, anna, "en", variant=DISCREET),
            partial(change, here, anna, "be-ru", ("ru", "be")),
            partial(change, here, anna, "be-ru", variant=(DISCREET, Variant.FULL)[turn % 2]),
        )
        assert [one[2] for one in owed(here)].count(State.QUEUED) == 1
    found = row(here, anna)
    assert found is not None
    assert [one[:2] for one in owed(here) if one[2] is State.QUEUED] == [(found.edition, found.variant)]
    here.deliver()
    assert postbox.messages == 1
    assert is_sound(here)


def test_a_change_beside_the_weekly_planning_gets_one_letter_and_the_right_one(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    _ = here.keyring
    at_once(here.plan, partial(change, here, anna, "en", variant=DISCREET))
    assert [one[:2] for one in owed(here) if one[2] is State.QUEUED] == [("en", "discreet")]
    here.deliver()
    assert postbox.messages == 1
    assert is_sound(here)


def test_leaving_beside_a_change_forgets_the_reader(here: Installation) -> None:
    here.load_seeds()
    refs = [add(here, f"reader-{turn}@example.org") for turn in range(6)]
    here.plan()
    for ref in refs:
        at_once(partial(leave, here, ref), partial(change, here, ref, "en", variant=DISCREET))
        assert row(here, ref) is None
    assert {one[2] for one in owed(here)} == {State.SKIPPED}
    assert waiting(here) == {}
    assert is_sound(here)
