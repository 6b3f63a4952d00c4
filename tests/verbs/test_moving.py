"""Moving: the new address says yes, the old one is told, and nobody learns who reads there already."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.notes import LIFE, NoteKind
from newsletter.outcomes import Reason, State
from newsletter.store.askings import AskingKind
from newsletter.store.domains import DomainRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from newsletter.subscribing import AddressTaken, SameAddress, Wish
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver as deliver_notes
from tests.verbs.readers import (
    ANNA,
    access_link,
    add,
    ask,
    ask_move,
    at_once,
    confirm,
    confirm_link,
    erase,
    is_sound,
    leave,
    notes,
    owed,
    row,
    rows,
    today,
    traces,
)

NEW = "new@other.example"


@pytest.fixture
def anna(here: Installation) -> bytes:
    """A reader of an installation with commentaries."""
    here.load_seeds()
    return add(here)


def lives_at(here: Installation, ref: bytes) -> str:
    found = row(here, ref)
    assert found is not None
    return here.keyring.open(found.sealed, bound_to=found.ref)


def move_link(here: Installation, ref: bytes, to: str = NEW) -> str:
    """Ask to move; return the link that is mailed to the new address."""
    assert ask_move(here, access_link(here, ref), to)
    return confirm_link(here, notes(here, NoteKind.MOVE)[-1])


def test_the_owner_of_the_new_address_confirms_and_the_old_one_is_told(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    token = move_link(here, anna)
    deliver_notes(here)
    assert set(postbox.taken) == {ANNA, NEW}
    assert lives_at(here, anna) == ANNA
    done = confirm(here, token)
    assert done is not None
    assert (done.ref, done.kind, done.first) == (anna, AskingKind.MOVE, True)
    assert lives_at(here, anna) == NEW
    deliver_notes(here)
    assert [(one.kind, one.tongue) for one in rows(here, NoteRow)] == [
        ("access", "be"),
        ("move", "be"),
        ("moved", "be"),
    ]
    assert (len(postbox.taken[ANNA]), len(postbox.taken[NEW])) == (2, 1)
    again = confirm(here, token)
    assert again is not None
    assert (again.ref, again.first) == (anna, False)
    assert len(notes(here, NoteKind.MOVED)) == 1


def test_what_is_owed_goes_to_the_new_address_once(here: Installation, anna: bytes, postbox: Postbox) -> None:
    here.plan()
    confirm(here, move_link(here, anna))
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {NEW: 1}
    assert [one[2:] for one in owed(here)] == [(State.SKIPPED, Reason.CHANGED), (State.SENT, None)]
    assert is_sound(here)


def test_who_has_the_digest_at_the_old_address_gets_it_at_none_again(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    here.plan()
    here.deliver()
    confirm(here, move_link(here, anna))
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {ANNA: 1}


def test_nothing_but_the_word_of_the_move_names_the_old_address(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    before = row(here, anna)
    assert before is not None
    confirm(here, move_link(here, anna))
    assert set(traces(here, before.lookup, before.sealed)) == {"notes.lookup", "suppressions.lookup"}
    deliver_notes(here)
    assert {one.sealed_to for one in rows(here, NoteRow)} == {None}
    assert len(rows(here, DomainRow)) == 1
    edition = here.publication.edition("en")
    wish = Wish(addresses.parse(ANNA), edition, edition.languages)
    with here.database.transaction() as session:  # an old list does not bring it back
        assert subscribing.add(session, here.keyring, [wish], today=today(here)) == [False]
    assert postbox.messages == 2
    here.clock.forward(days=1)
    ask(here, edition="en")  # whoever has that mailbox next may subscribe there
    assert confirm(here, confirm_link(here, notes(here, NoteKind.CONFIRM)[-1]))
    assert len(rows(here, SubscriberRow)) == 2


def test_the_links_that_lie_in_the_old_mailbox_open_nothing_any_more(here: Installation, anna: bytes) -> None:
    access = access_link(here, anna)
    confirm(here, move_link(here, anna))
    assert not erase(here, access)
    assert not ask_move(here, access, "third@example.org")
    assert row(here, anna)


def test_what_was_asked_for_at_the_old_address_is_forgotten(here: Installation, anna: bytes) -> None:
    ask(here, edition="en")
    wish = confirm_link(here, notes(here, NoteKind.CONFIRM)[-1])
    confirm(here, move_link(here, anna))
    assert confirm(here, wish) is None
    assert len(rows(here, SubscriberRow)) == 1


def test_a_slip_of_the_pen_moves_nobody_once_the_right_address_has_said_yes(here: Installation, anna: bytes) -> None:
    wrong = move_link(here, anna, "nww@other.example")
    right = move_link(here, anna, NEW)
    assert confirm(here, right)
    assert confirm(here, wrong) is None
    assert lives_at(here, anna) == NEW


def test_the_same_address_however_it_is_spelt_is_no_move(here: Installation, anna: bytes) -> None:
    token = access_link(here, anna)
    with pytest.raises(SameAddress):
        ask_move(here, token, "ANNA@Example.ORG")
    assert [one.kind for one in rows(here, NoteRow)] == ["access"]


@pytest.mark.parametrize("there", ["nobody", "reader", "complained", "written to"])
def test_whoever_is_at_the_new_address_the_mover_learns_nothing(
    here: Installation, anna: bytes, postbox: Postbox, there: str
) -> None:
    if there == "reader":
        add(here, NEW, "en", Variant.DISCREET)
    if there == "complained":
        with here.database.transaction() as session:
            suppress(session, here.keyring.lookup(NEW), SuppressionReason.COMPLAINT, today=today(here))
    token = access_link(here, anna)
    if there == "written to":
        assert ask_move(here, access_link(here, add(here, "zosia@example.org")), NEW)
    deliver_notes(here)
    assert ask_move(here, token, NEW)
    if there == "reader":  # in their own language, and as they read: nothing is given away, to them or of them
        (note,) = notes(here, NoteKind.STANDING)
        assert (note.tongue, note.facts["edition"], note.facts["variant"]) == ("en", "en", "discreet")
    deliver_notes(here)
    told = {"nobody": "move", "reader": "standing", "complained": None, "written to": "move"}[there]
    assert [one.kind for one in rows(here, NoteRow) if one.kind != "access"] == ([told] if told else [])
    assert len(postbox.taken.get(NEW, [])) == (0 if there == "complained" else 1)
    assert lives_at(here, anna) == ANNA


def test_nobody_is_flooded_by_movers(here: Installation, anna: bytes) -> None:
    for _ in range(3):
        token = access_link(here, anna)
        for _ in range(3):
            assert ask_move(here, token, NEW)
        here.clock.forward(days=1)
    for _ in range(3):
        assert ask_move(here, access_link(here, anna), NEW)
        here.clock.forward(days=1)
    assert len(notes(here, NoteKind.MOVE)) == 3


def test_who_subscribes_there_meanwhile_stays(here: Installation, anna: bytes) -> None:
    token = move_link(here, anna)
    other = add(here, NEW)
    with pytest.raises(AddressTaken):
        confirm(here, token)
    assert (lives_at(here, anna), lives_at(here, other)) == (ANNA, NEW)
    assert leave(here, other)  # and with that the letter that asks them is forgotten
    assert confirm(here, token) is None
    assert lives_at(here, anna) == ANNA


def test_who_left_at_the_new_address_is_asked_and_may_say_yes(here: Installation, anna: bytes) -> None:
    leave(here, add(here, NEW))
    assert len(rows(here, SuppressionRow)) == 1
    assert confirm(here, move_link(here, anna))
    assert lives_at(here, anna) == NEW
    assert [one.lookup for one in rows(here, SuppressionRow)] == [here.keyring.lookup(ANNA)]


def test_the_link_to_move_lives_a_week(here: Installation, anna: bytes) -> None:
    token = move_link(here, anna)
    here.clock.now += LIFE[NoteKind.MOVE]
    assert confirm(here, token) is None
    assert lives_at(here, anna) == ANNA


def test_who_left_moves_nowhere(here: Installation, anna: bytes) -> None:
    token = move_link(here, anna)
    assert leave(here, anna)
    assert confirm(here, token) is None
    assert rows(here, SubscriberRow) == []


def test_readers_of_one_provider_may_move_there_at_once(here: Installation) -> None:
    refs = [add(here, f"reader-{number}@example.org") for number in range(3)]
    _ = here.keyring
    for turn in range(4):
        links = [move_link(here, ref, f"reader-{n}-{turn}@example.org") for n, ref in enumerate(refs)]
        at_once(*(partial(confirm, here, link) for link in links))
        here.clock.forward(days=1)
    assert [lives_at(here, ref) for ref in refs] == [f"reader-{n}-3@example.org" for n in range(3)]
    assert len(rows(here, DomainRow)) == 1


def test_two_readers_may_change_places_between_providers_at_once(here: Installation) -> None:
    """Each leaves the provider that the other comes to."""
    hosts = ["one.example", "two.example"]
    refs = [add(here, f"reader-{number}@{host}") for number, host in enumerate(hosts)]
    _ = here.keyring
    for turn in range(8):
        hosts.reverse()
        links = [move_link(here, ref, f"reader-{n}-{turn}@{hosts[n]}") for n, ref in enumerate(refs)]
        at_once(*(partial(confirm, here, link) for link in links))
        here.clock.forward(days=1)
        assert hosts_of(here, refs) == hosts
    assert len(rows(here, DomainRow)) == 2


def hosts_of(here: Installation, refs: Sequence[bytes]) -> list[str]:
    return [addresses.parse(lives_at(here, ref)).domain for ref in refs]


@pytest.mark.parametrize("other", ["erase", "leave", "confirm"])
def test_the_move_and_another_deed_at_once(here: Installation, other: str) -> None:
    _ = here.keyring
    for turn in range(5):
        ref = add(here, f"reader-{turn}@example.org")
        token = move_link(here, ref, f"new-{turn}@other.example")
        deeds: dict[str, Callable[[], object]] = {
            "erase": partial(erase, here, access_link(here, ref)),
            "leave": partial(leave, here, ref),
            "confirm": partial(confirm, here, token),
        }
        done = at_once(partial(confirm, here, token), deeds[other])
        if other == "confirm":
            assert [bool(one) for one in done] == [True, True]
            assert lives_at(here, ref) == f"new-{turn}@other.example"
        elif row(here, ref) is None:
            assert not set(traces(here, ref))
        else:
            assert other == "erase"  # the move was first: the link to erase lay in the old mailbox
            assert lives_at(here, ref) == f"new-{turn}@other.example"


def test_two_readers_may_name_each_other_s_address_at_once(here: Installation, anna: bytes) -> None:
    other = add(here, NEW)
    for _ in range(6):
        here.clock.forward(days=1)
        links = access_link(here, anna), access_link(here, other)
        assert at_once(partial(ask_move, here, links[0], NEW), partial(ask_move, here, links[1], ANNA)) == [True, True]
