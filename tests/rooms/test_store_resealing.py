"""Sealing again in the store: what is found, from which end, and what becomes of a row that changes at that moment."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from newsletter.digest import Variant
from newsletter.keyfile import KID
from newsletter.store import Database, open_database
from newsletter.store.choices import subscriber_to_change
from newsletter.store.keys import SEALED, Sealed, keys_in_use
from newsletter.store.notes import NoteRow
from newsletter.store.resealing import NewSeal, OldSeal, count_old_seals, old_seals, put_seals
from newsletter.store.subscribers import NewSubscriber, SubscriberRow, add_subscribers, delete_subscriber, new_ref
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress

OLD, NEW, THIRD = b"old.", b"new.", b"3rd."
DAY = date(2019, 10, 1)
NOW = datetime(2019, 10, 1, 12, tzinfo=UTC)
SUBSCRIBERS, DOMAINS = SEALED[:2]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def add(database: Database) -> Callable[..., None]:
    """`add(OLD, 3)` writes three subscribers down that were sealed, and are found, with that key."""

    def add(key: bytes, number: int) -> None:
        with database.transaction() as session:
            for _ in range(number):
                ref = new_ref()
                lookup = key + ref + ref
                new = NewSubscriber(
                    ref=ref,
                    lookup=lookup,
                    lookups=[lookup],
                    sealed=key + ref,
                    domain_lookup=key + b"d" * 16,
                    domain_sealed=key + b"domain",
                    edition="en",
                    languages="en",
                    variant=Variant.FULL,
                    tongue="en",
                )
                assert add_subscribers(session, [new], today=DAY)

    return add


def old_of(database: Database, where: Sealed = SUBSCRIBERS, below: int | None = None, limit: int = 10) -> list[OldSeal]:
    with database.reading() as session:
        return list(old_seals(session, where, NEW, below=below, limit=limit))


def anew(old: OldSeal) -> NewSeal:
    return NewSeal(old.id, old.value, NEW + old.value[KID:])


def put(database: Database, seals: list[NewSeal]) -> int:
    with database.transaction() as session:
        return put_seals(session, SUBSCRIBERS, seals)


def values(database: Database) -> list[bytes]:
    with database.reading() as session:
        return list(session.scalars(select(SubscriberRow.sealed).order_by(SubscriberRow.id)))


def test_what_was_sealed_with_any_other_key_is_counted(database: Database, add: Callable[..., None]) -> None:
    add(OLD, 3)
    add(NEW, 2)
    add(THIRD, 1)
    with database.reading() as session:
        assert count_old_seals(session, NEW) == (3 + 1) + 2  # two of three domains
        assert count_old_seals(session, b"none") == 6 + 3


def test_it_goes_from_the_newest_row_down_in_steps(database: Database, add: Callable[..., None]) -> None:
    add(OLD, 3)
    add(NEW, 2)
    add(THIRD, 1)
    first = old_of(database, limit=2)
    assert [one.id for one in first] == [6, 3]
    assert [one.id for one in old_of(database, below=first[-1].id, limit=2)] == [2, 1]
    assert old_of(database, below=1) == []
    with database.reading() as session:
        rows = session.scalars(select(SubscriberRow).where(SubscriberRow.id.in_([6, 3]))).all()
    assert {(row.id, row.sealed, row.ref) for row in rows} == {(one.id, one.value, one.bound_to) for one in first}


def test_the_oldest_row_names_its_key_until_it_is_done(database: Database, add: Callable[..., None]) -> None:
    """Whoever takes the older key out of the file too early is told at the next start."""
    add(OLD, 4)
    add(NEW, 1)
    while old := old_of(database, limit=1):
        with database.reading() as session:
            assert OLD in {value[:KID] for purpose, value in keys_in_use(session) if purpose == "seal"}
        assert put(database, [anew(one) for one in old]) == 1


def test_values_are_put_in_the_place_of_those_they_were_made_of(database: Database, add: Callable[..., None]) -> None:
    add(OLD, 5)
    before = values(database)
    assert put(database, [anew(one) for one in old_of(database)]) == 5
    assert values(database) == [NEW + value[KID:] for value in before]
    assert old_of(database) == []
    assert put(database, []) == 0


def test_who_leaves_at_that_moment_is_not_brought_back(database: Database, add: Callable[..., None]) -> None:
    add(OLD, 2)
    old = old_of(database)
    with database.transaction() as session:
        row = subscriber_to_change(session, ref=old[0].bound_to)
        assert row is not None
        delete_subscriber(session, row)
    assert put(database, [anew(one) for one in old]) == 1
    assert len(values(database)) == 1


def test_who_moves_at_that_moment_keeps_the_new_address(database: Database, add: Callable[..., None]) -> None:
    add(OLD, 2)
    old = old_of(database)
    moved = OLD + b"elsewhere"
    with database.transaction() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id == old[0].id).values(sealed=moved))
    assert put(database, [anew(one) for one in old]) == 1
    assert values(database) == [NEW + old[1].value[KID:], moved]
    assert [one.value for one in old_of(database)] == [moved]  # still an old key's: found by the next pass


def test_what_is_blank_is_nobodys(database: Database) -> None:
    with database.transaction() as session:
        for sealed in (None, OLD + b"address"):
            fresh = {"facts": {}, "day": DAY, "nth": 0, "state": "queued", "attempts": 0, "crashes": 0}
            session.add(NoteRow(kind="confirm", ref=new_ref(), sealed_to=sealed, not_before=NOW, **fresh))
    (notes,) = [one for one in SEALED if one.rows == "notes"]
    with database.reading() as session:
        assert count_old_seals(session, NEW) == 1
        assert [one.value for one in old_seals(session, notes, NEW, below=None, limit=10)] == [OLD + b"address"]
        assert keys_in_use(session) == [("seal", OLD + b"address")] * 2


def test_one_value_of_every_look_up_key_is_asked_for(database: Database) -> None:
    """Also of one in the middle: who left under it would be written to again."""
    with database.transaction() as session:
        for kid in (OLD, THIRD, NEW, b"\xff" * KID):
            for end in (b"\x00", b"\x7f", b"\xff"):
                suppress(session, kid + end * 16, SuppressionReason.LEFT, today=DAY)
        assert len(session.scalars(select(SuppressionRow)).all()) == 12
        found = keys_in_use(session)
    assert sorted(value[:KID] for _, value in found) == sorted([OLD, THIRD, NEW, b"\xff" * KID])
    assert {purpose for purpose, _ in found} == {"lookup"}
