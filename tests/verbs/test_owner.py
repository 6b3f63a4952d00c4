"""What only an owner may do: the mailed link, and erasing, after which nothing anywhere names them."""

import email
import email.policy
from collections.abc import Callable
from functools import partial

import pytest

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.notes import NoteKind
from newsletter.outcomes import Reason, State
from newsletter.store.askings import AskingRow
from newsletter.store.audit import AuditRow, add_audit
from newsletter.store.consents import ConsentRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.domains import DomainRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, SuppressionRow
from newsletter.subscribing import ACCESS_HOURS
from newsletter.tokens import ForeignToken, Purpose, make
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver as deliver_notes
from tests.verbs.readers import (
    ANNA,
    NEW,
    access_link,
    add,
    ask,
    ask_access,
    ask_move,
    at_once,
    change,
    erase,
    in_the_thick_of_it,
    is_sound,
    leave,
    my_data,
    notes,
    owed,
    row,
    rows,
    today,
    traces,
    waiting,
)


@pytest.fixture
def anna(here: Installation) -> bytes:
    """A reader of an installation with commentaries."""
    here.load_seeds()
    return add(here)


def owner(here: Installation, token: str) -> subscribing.Owner | None:
    with here.database.reading() as session:
        return subscribing.owner(session, here.keyring, token, now=here.clock())


def test_the_link_is_mailed_to_the_owner_and_opens_their_data(
    here: Installation, anna: bytes, postbox: Postbox
) -> None:
    token = access_link(here, anna)
    deliver_notes(here)
    assert list(postbox.taken) == [ANNA]
    found = email.message_from_bytes(postbox.body(ANNA), policy=email.policy.default).get_body(("plain",))
    assert found is not None
    assert f"/be/me/{token}" in found.get_content()
    mine = owner(here, token)
    assert mine is not None
    assert (mine.address, mine.since, mine.reads.edition) == (ANNA, today(here), "be-ru")
    assert ANNA not in repr(mine)


def test_to_a_discreet_reader_the_link_is_discreet(here: Installation, postbox: Postbox) -> None:
    access_link(here, add(here, variant=Variant.DISCREET))
    deliver_notes(here)
    raw = postbox.body(ANNA)
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(found["From"]).endswith("<post@letter.example.net>")
    assert here.publication.name["be"] not in str(found["Subject"]) + found.get_content()


def test_the_link_lives_a_day(here: Installation, anna: bytes) -> None:
    token = access_link(here, anna)
    here.clock.forward(hours=ACCESS_HOURS, seconds=-1)
    assert owner(here, token)
    here.clock.forward(seconds=1)
    assert owner(here, token) is None
    assert my_data(here, token) is None
    assert not ask_move(here, token, NEW)
    assert not erase(here, token)
    assert row(here, anna)


def test_no_more_than_three_links_a_day_and_nobody_sees_that(here: Installation, anna: bytes) -> None:
    assert [ask_access(here, anna) for _ in range(5)] == [True] * 5
    assert (len(notes(here, NoteKind.ACCESS)), len(rows(here, AskingRow))) == (3, 3)
    here.clock.forward(days=1)
    assert ask_access(here, anna)
    assert len(notes(here, NoteKind.ACCESS)) == 4


def test_no_other_link_opens_it(here: Installation, anna: bytes) -> None:
    access = access_link(here, anna)
    (asking,) = rows(here, AskingRow)
    ask(here, edition="en")
    other = rows(here, AskingRow)[-1]
    here_they_are = [make(here.keyring, purpose, anna) for purpose in Purpose if purpose is not Purpose.ACCESS]
    for token in (*here_they_are, make(here.keyring, Purpose.CONFIRM, asking.ref), access[:-1], ""):
        for deed in (owner, my_data, erase, partial(ask_move, to=NEW)):
            with pytest.raises(ForeignToken):
                deed(here, token)
    for ref in (anna, other.ref):  # of the right purpose, and naming no asking for access
        token = make(here.keyring, Purpose.ACCESS, ref)
        assert (owner(here, token), my_data(here, token)) == (None, None)
        assert not erase(here, token)
        assert not ask_move(here, token, NEW)
    with pytest.raises(ForeignToken), here.database.transaction() as session:
        subscribing.ask_access(session, here.keyring, access, now=here.clock())
    assert row(here, anna)


@pytest.mark.parametrize("way", ["erase", "leave"])
def test_who_goes_leaves_no_trace_but_the_suppression(
    here: Installation, anna: bytes, postbox: Postbox, way: str
) -> None:
    token = in_the_thick_of_it(here, anna)
    before = row(here, anna)
    assert before is not None
    known = (anna, before.lookup, before.sealed, ANNA)
    assert len(set(traces(here, *known))) > 4
    assert erase(here, token) if way == "erase" else leave(here, anna)
    # Who left is still counted among those who were written to lately; nothing else says so, nor who it was.
    left = {"suppressions.lookup"} | ({"notes.lookup"} if way == "leave" else set())
    assert set(traces(here, *known)) == left
    for table in (SubscriberRow, ConsentRow, AskingRow, DomainRow):
        assert rows(here, table) == []
    assert [one.subscriber_id for one in rows(here, DeliveryRow)] == [None, None]
    assert [one[2:] for one in owed(here)] == [(State.SENT, None), (State.SKIPPED, Reason.LEFT)]
    assert [one.reason for one in rows(here, SuppressionRow)] == [
        SuppressionReason.ERASED if way == "erase" else SuppressionReason.LEFT
    ]
    assert {one.sealed_to for one in rows(here, NoteRow)} == {None}
    taken = postbox.messages
    here.deliver()
    deliver_notes(here)
    assert postbox.messages == taken
    assert is_sound(here)
    assert not erase(here, token)
    assert not leave(here, anna)
    assert not ask_access(here, anna)
    assert change(here, anna, "en") is None


def test_who_goes_takes_nothing_from_the_owner_of_an_address_they_wanted(here: Installation, anna: bytes) -> None:
    """Somebody is just subscribing there: that mail goes out all the same."""
    assert ask_move(here, access_link(here, anna), NEW)
    here.clock.forward(days=1)
    ask(here, NEW)
    assert erase(here, access_link(here, anna))
    assert [(one.kind, one.state) for one in rows(here, NoteRow)] == [
        ("move", State.SKIPPED),
        ("confirm", State.QUEUED),
    ]
    assert [one.lookup for one in rows(here, AskingRow)] == [here.keyring.lookup(NEW)]


def test_the_domain_stays_while_somebody_else_is_there(here: Installation, anna: bytes) -> None:
    add(here, "zosia@example.org")
    assert erase(here, access_link(here, anna))
    assert len(rows(here, DomainRow)) == 1
    assert [one.state for one in rows(here, SubscriberRow)] == ["active"]


def test_erased_by_an_operator_is_erased_all_the_same(here: Installation, anna: bytes) -> None:
    in_the_thick_of_it(here, anna)
    before = row(here, anna)
    assert before is not None
    with here.database.transaction() as session:
        assert subscribing.erase_address(session, here.keyring, addresses.parse("Anna@Example.org"), today=today(here))
    assert set(traces(here, anna, before.lookup, before.sealed)) == {"suppressions.lookup"}


DEEDS: dict[str, Callable[[Installation, bytes, str], object]] = {
    "erase": lambda here, _, token: erase(here, token),
    "leave": lambda here, ref, _: leave(here, ref),
    "change": lambda here, ref, _: change(here, ref, "en", variant=Variant.DISCREET),
    "ask access": lambda here, ref, _: ask_access(here, ref),
    "move": lambda here, _, token: ask_move(here, token, NEW),
    "plan": lambda here, _ref, _token: here.plan(),
}


@pytest.mark.parametrize("other", DEEDS)
def test_two_at_once_end_with_nobody_there(here: Installation, other: str) -> None:
    here.load_seeds()
    here.add_readers(1)
    _ = here.keyring
    refs = [add(here, f"reader-{turn}@example.org") for turn in range(5)]
    links = [access_link(here, ref) for ref in refs]
    here.plan() if other != "plan" else None
    for ref, token in zip(refs, links, strict=True):
        deeds = partial(erase, here, token), partial(DEEDS[other], here, ref, token)
        done = at_once(*deeds)
        assert done[0] or other in ("erase", "leave")
        assert row(here, ref) is None
    assert rows(here, AskingRow) == []
    assert len(rows(here, SubscriberRow)) == 1
    assert len(waiting(here)) == 1
    assert len(rows(here, SuppressionRow)) == 5
    assert not set(traces(here, *refs))
    assert is_sound(here)


def test_the_audit_forgets_whom_it_was_about(here: Installation, anna: bytes) -> None:
    with here.database.transaction() as session:
        add_audit(session, now=here.clock(), who="operator", what="reader shown", ref=anna.hex())
    leave(here, anna)
    assert [(one.what, one.ref) for one in rows(here, AuditRow) if one.who == "operator"] == [("reader shown", None)]
