"""Subscribing: an address is there once, whoever adds it and how it is spelt; who leaves is forgotten for good."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.keyfile import create_key_file
from newsletter.outcomes import Reason, State
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.domains import DomainRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionRow
from newsletter.subscribing import Wish
from newsletter.tokens import ForeignToken, Purpose, make
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation

DAY = date(2019, 10, 1)
Install = Callable[..., Installation]


def add(here: Installation, *texts: str, edition: str = "en", order: tuple[str, ...] = ()) -> list[bool]:
    wanted = here.publication.edition(edition)
    wishes = [Wish(addresses.parse(text), wanted, wanted.order(order)) for text in texts]
    with here.database.transaction() as session:
        return subscribing.add(session, here.keyring, wishes, today=DAY)


def subscribers(here: Installation) -> dict[str, SubscriberRow]:
    with here.database.reading() as session:
        rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).all()
    return {here.keyring.open(row.sealed, bound_to=row.ref): row for row in rows}


def leave(here: Installation, token: str) -> bool:
    with here.database.transaction() as session:
        return subscribing.leave(session, here.keyring, token, today=DAY)


def leave_token(here: Installation, address: str) -> str:
    return make(here.keyring, Purpose.LEAVE, subscribers(here)[address].ref)


def test_an_address_is_kept_as_it_was_typed_and_sealed(install: Install) -> None:
    here = install()
    assert add(here, "Anna.Maria@Example.org", edition="be-ru", order=("ru", "be")) == [True]
    row = subscribers(here)["Anna.Maria@example.org"]
    assert (row.edition, row.languages, row.variant, row.tongue) == ("be-ru", "ru be", Variant.FULL, "ru")
    assert (row.state, row.since_day) == ("active", DAY)
    assert b"example" not in row.sealed + row.lookup


@pytest.mark.parametrize("again", ["anna@example.org", "ANNA@Example.ORG", " anna@example.org "])
def test_adding_again_changes_nothing_however_it_is_spelt(install: Install, again: str) -> None:
    here = install()
    add(here, "anna@example.org")
    assert add(here, again, edition="be-ru") == [False]
    assert [row.edition for row in subscribers(here).values()] == ["en"]


def test_an_address_that_stands_twice_is_added_once_and_its_first_line_counts(install: Install) -> None:
    here = install()
    assert add(here, "anna@example.org", "piotr@example.org", "Anna@example.org") == [True, True, False]
    assert list(subscribers(here)) == ["anna@example.org", "piotr@example.org"]


def test_readers_of_one_provider_share_a_domain(install: Install) -> None:
    here = install()
    add(here, "anna@example.org", "piotr@EXAMPLE.org", "zosia@example.com")
    add(here, "maria@example.org")
    assert len({row.domain_id for row in subscribers(here).values()}) == 2
    with here.database.reading() as session:
        assert len(session.scalars(select(DomainRow)).all()) == 2


def test_who_left_is_not_lifted_back_by_an_import(install: Install) -> None:
    here = install()
    add(here, "anna@example.org")
    token = leave_token(here, "anna@example.org")
    assert leave(here, token)
    assert add(here, "ANNA@example.org", "piotr@example.org") == [False, True]
    assert list(subscribers(here)) == ["piotr@example.org"]
    assert not leave(here, token)  # again, as link scanners and impatient readers do
    with here.database.reading() as session:
        (entry,) = session.scalars(select(SuppressionRow))
    assert (entry.reason, entry.day) == ("left", DAY)


def test_leaving_skips_what_is_owed_and_nulls_every_delivery(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    left, stays = here.add_readers(2)
    here.plan(Week(2019, 12))
    here.deliver()
    here.plan(WEEK)
    assert leave(here, leave_token(here, left))
    with here.database.reading() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
    gone = [(row.state, row.reason) for row in rows if row.subscriber_id is None]
    assert gone == [(State.SENT, None), (State.SKIPPED, Reason.LEFT)]
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {left: 1, stays: 2}
    assert here.status().balances


def test_a_wrong_token_forgets_nobody(install: Install) -> None:
    here = install()
    add(here, "anna@example.org")
    ref = subscribers(here)["anna@example.org"].ref
    good = make(here.keyring, Purpose.LEAVE, ref)
    for token in (good[:-1], good.upper(), make(here.keyring, Purpose.BOUNCE, ref), "", "é" * 50):
        with pytest.raises(ForeignToken):
            leave(here, token)
    assert not leave(here, make(here.keyring, Purpose.LEAVE, b"nobodyrf"))
    assert len(subscribers(here)) == 1


def test_preferences_are_shown_to_their_owner_alone(install: Install) -> None:
    here = install()
    add(here, "anna@example.org", edition="be-ru")
    ref = subscribers(here)["anna@example.org"].ref
    with here.database.reading() as session:
        found = subscribing.preferences(session, here.keyring, make(here.keyring, Purpose.PREFERENCES, ref))
        assert found == subscribing.Preferences("be-ru", ("be", "ru"), Variant.FULL)
        none = make(here.keyring, Purpose.PREFERENCES, b"nobodyrf")
        assert subscribing.preferences(session, here.keyring, none) is None
        with pytest.raises(ForeignToken):
            subscribing.preferences(session, here.keyring, make(here.keyring, Purpose.LEAVE, ref))


def test_a_change_of_keys_neither_doubles_readers_nor_lifts_who_left(install: Install, tmp_path: Path) -> None:
    before = install()
    add(before, "anna@example.org", "piotr@example.org")
    leave(before, leave_token(before, "anna@example.org"))
    create_key_file(tmp_path / "new.key")
    with before.settings.keys.open("a") as keys:
        keys.write((tmp_path / "new.key").read_text())
    after = install()
    assert add(after, "anna@example.org", "piotr@example.org", "zosia@example.org") == [False, False, True]
    assert list(subscribers(after)) == ["piotr@example.org", "zosia@example.org"]
    assert leave(after, leave_token(after, "piotr@example.org"))
    assert add(after, "piotr@example.org") == [False]
