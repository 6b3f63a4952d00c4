"""An installation whose keys have changed: what the older ones made is found, recognised and opened as ever."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter import addresses, subscribing
from newsletter.badnews import Suspect
from newsletter.keyfile import create_key_file
from newsletter.outcomes import State
from newsletter.store.askings import AskingRow
from newsletter.store.notes import NoteRow, owe_note
from newsletter.store.subscribers import SubscriberRow, subscriber_by_lookups
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from newsletter.subscribing import Limits, Wish
from newsletter.tokens import Purpose, make, read
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

ANNA = "anna@example.org"
DAY = date(2019, 10, 1)


@pytest.fixture
def before(install: Callable[..., Installation], postbox: Postbox) -> Installation:
    """The installation with its first keys."""
    here = install(smtp_url=postbox.url)
    add(here, ANNA)
    return here


@pytest.fixture
def change_keys(
    before: Installation, install: Callable[..., Installation], tmp_path: Path, postbox: Postbox
) -> Callable[[], Installation]:
    """Put a second key of every purpose in use, and return the installation as it starts anew."""

    def change() -> Installation:
        create_key_file(tmp_path / "new.key")
        with before.settings.keys.open("a") as keys:
            keys.write((tmp_path / "new.key").read_text())
        after = install(smtp_url=postbox.url)
        assert len(after.keyring.lookups(ANNA)) == 2
        return after

    return change


def wish(here: Installation, address: str) -> Wish:
    edition = here.publication.edition("en")
    return Wish(addresses.parse(address), edition, edition.languages)


def add(here: Installation, *texts: str) -> list[bool]:
    with here.database.transaction() as session:
        return subscribing.add(session, here.keyring, [wish(here, text) for text in texts], today=DAY)


def row_of(here: Installation, address: str = ANNA) -> SubscriberRow | None:
    with here.database.reading() as session:
        return session.scalar(select(SubscriberRow).where(SubscriberRow.lookup.in_(here.keyring.lookups(address))))


def ref_of(here: Installation, address: str = ANNA) -> bytes:
    row = row_of(here, address)
    assert row is not None
    return row.ref


def asked(here: Installation, address: str, *, per_day: int = 1) -> bool:
    """Ask for letters and have the asking answered; return whether a note is owed."""
    wanted, limits = wish(here, address), Limits(per_day=per_day)
    with here.database.transaction() as session:
        number = subscribing.ask(session, here.keyring, wanted, tongue=wanted.order[0], door="web", now=here.clock())
        return bool(subscribing.answer(session, here.keyring, number, limits=limits, now=here.clock()))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_links_that_are_out_name_their_reader_for_ever(
    before: Installation, change_keys: Callable[[], Installation], purpose: Purpose
) -> None:
    old = make(before.keyring, purpose, b"anna's 8")
    after = change_keys()
    new = make(after.keyring, purpose, b"anna's 8")
    assert read(after.keyring, purpose, old) == read(after.keyring, purpose, new) == b"anna's 8"
    assert old[:8] != new[:8]  # made with the second key


def test_a_leave_link_from_before_leaves_and_an_import_does_not_bring_back(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    link = make(before.keyring, Purpose.LEAVE, ref_of(before))
    after = change_keys()
    with after.database.transaction() as session:
        assert subscribing.leave(session, after.keyring, link, today=DAY)
    assert add(after, ANNA, "piotr@example.org") == [False, True]
    assert row_of(after) is None


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_who_is_suppressed_under_an_older_key_is_not_imported(
    before: Installation, change_keys: Callable[[], Installation], reason: SuppressionReason
) -> None:
    with before.database.transaction() as session:
        suppress(session, before.keyring.lookup("zosia@example.org"), reason, today=DAY)
    assert add(change_keys(), "Zosia@Example.org") == [False]


def test_nobody_is_there_twice_and_everybody_is_found(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    after = change_keys()
    assert add(after, ANNA, "piotr@example.org", "ANNA@example.org") == [False, True, False]
    wishes = [wish(after, ANNA), wish(after, "piotr@example.org")]
    with after.database.reading() as session:
        assert len(subscribing.refs_of(session, after.keyring, wishes)) == 2
        lookups = session.scalars(select(SubscriberRow.lookup).order_by(SubscriberRow.id)).all()
    assert len({lookup[:4] for lookup in lookups}) == 2
    with after.database.transaction() as session:
        found = subscribing.subscriber_at(session, after.keyring, addresses.parse(ANNA))
        assert found is not None
        assert found.ref == ref_of(before)
        for name, ref in ((ANNA, found.ref), ("nobody@example.org", None)):
            row = subscriber_by_lookups(session, after.keyring.lookups(name))
            assert (row and row.ref) == ref


def test_both_get_the_digest(before: Installation, change_keys: Callable[[], Installation], postbox: Postbox) -> None:
    after = change_keys()
    add(after, "piotr@example.org")
    after.load_seeds()
    after.plan(Week(2019, 41))
    after.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {ANNA: 1, "piotr@example.org": 1}


def test_a_note_of_the_day_counts_whichever_key_it_was_written_with(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    def owe(here: Installation) -> bool:
        with here.database.transaction() as session:
            to = addresses.parse(ANNA)
            return owe_note(session, here.keyring, "access", to, facts={}, tongue="en", now=here.clock(), per_day=2)

    assert owe(before)
    after = change_keys()
    assert [owe(after), owe(after)] == [True, False]
    with after.database.reading() as session:
        notes = session.scalars(select(NoteRow).order_by(NoteRow.id)).all()
    assert [note.nth for note in notes] == [0, 1]
    assert len({(note.lookup or b"")[:4] for note in notes}) == 2


def test_an_asking_from_before_is_confirmed_and_lifts_what_was_suppressed_before(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    zosia = "zosia@example.org"
    with before.database.transaction() as session:
        suppress(session, before.keyring.lookup(zosia), SuppressionReason.LEFT, today=DAY)
    assert asked(before, zosia)
    with before.database.reading() as session:
        link = make(before.keyring, Purpose.CONFIRM, session.scalars(select(AskingRow.ref)).one())
    after = change_keys()
    with after.database.transaction() as session:
        assert subscribing.confirm(session, after.keyring, link, now=after.clock(), today=DAY)
        assert session.scalars(select(SuppressionRow)).all() == []
    assert row_of(after, zosia) is not None


def test_after_a_complaint_nothing_is_answered_whichever_key_it_was_written_with(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    with before.database.transaction() as session:
        suppress(session, before.keyring.lookup("zosia@example.org"), SuppressionReason.COMPLAINT, today=DAY)
    assert not asked(change_keys(), "zosia@example.org")


def test_a_complaint_by_address_ends_what_either_key_wrote(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    zosia = "zosia@example.org"
    assert asked(before, zosia)
    after = change_keys()
    with after.database.transaction() as session:
        about = Suspect(address=addresses.parse(zosia))
        assert subscribing.complained_of(session, after.keyring, about, None, today=DAY)
    with after.database.reading() as session:
        assert [note.state for note in session.scalars(select(NoteRow))] == [State.SKIPPED]
        assert session.scalars(select(AskingRow).where(AskingRow.sealed.is_not(None))).all() == []
        (entry,) = session.scalars(select(SuppressionRow))
        assert entry.lookup == after.keyring.lookup(zosia)


def test_asking_again_with_another_key_in_use_makes_no_second_mail(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    assert asked(before, "zosia@example.org")
    assert not asked(change_keys(), "zosia@example.org")


def test_a_subscriber_from_before_is_recognised_when_asking(
    before: Installation, change_keys: Callable[[], Installation]
) -> None:
    after = change_keys()
    assert asked(after, ANNA)
    with after.database.reading() as session:
        assert [note.kind for note in session.scalars(select(NoteRow))] == ["standing"]


def test_erasing_forgets_what_either_key_wrote(before: Installation, change_keys: Callable[[], Installation]) -> None:
    zosia = "zosia@example.org"
    assert asked(before, zosia)
    after = change_keys()
    assert asked(after, zosia, per_day=2)
    with after.database.transaction() as session:
        subscribing.erase_address(session, after.keyring, addresses.parse(zosia), today=DAY)
    with after.database.reading() as session:
        assert session.scalars(select(AskingRow)).all() == []
        assert session.scalars(select(NoteRow)).all() == []
    assert add(after, zosia) == [False]
