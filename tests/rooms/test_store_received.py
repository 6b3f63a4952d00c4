"""What came in is kept sealed, taken once, and worked off by one at a time; the last who took it has the word."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from newsletter.sealing import Keyring
from newsletter.store import Database, open_database
from newsletter.store.received import (
    KEPT,
    REVIEW_KEPT,
    TOO_MUCH,
    TRIES,
    ReceivedRow,
    ReceivedState,
    Taken,
    anything_waits,
    drop_old,
    finish,
    for_review,
    one_for_review,
    put_off,
    receive,
    reviewed,
    take,
    to_review,
)
from newsletter.store.schema import upgrade
from tests.leases import end_leases
from tests.unit.rings import ring

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def keyring() -> Keyring:
    return ring(1)


def keep(database: Database, keyring: Keyring, content: bytes = b"From: anna@example.org", lane: int = 0) -> bool:
    with database.transaction() as session:
        return receive(session, keyring, content, same_as=content, source="lmtp", lane=lane, now=NOW)


def hold(database: Database, now: datetime = NOW, most: int = 9) -> list[Taken]:
    with database.transaction() as session:
        return take(session, most=most, now=now)


def rows(database: Database) -> list[ReceivedRow]:
    with database.reading() as session:
        return list(session.scalars(select(ReceivedRow).order_by(ReceivedRow.id)))


def test_it_is_sealed_and_taken_once(database: Database, keyring: Keyring) -> None:
    assert keep(database, keyring)
    assert not keep(database, keyring)
    (row,) = rows(database)
    assert row.sealed is not None
    assert b"anna" not in row.sealed
    (taken,) = hold(database)
    assert keyring.open_octets(taken.sealed or b"", bound_to=taken.ref) == b"From: anna@example.org"


def test_whom_a_person_waits_for_comes_first(database: Database, keyring: Keyring) -> None:
    for number, lane in enumerate((1, 1, 0, 1, 0)):
        keep(database, keyring, b"%d" % number, lane=lane)
    assert [one.id for one in hold(database, most=3)] == [rows(database)[place].id for place in (2, 4, 0)]


def test_who_died_with_it_leaves_it_to_the_next_and_has_no_word_any_more(database: Database, keyring: Keyring) -> None:
    keep(database, keyring)
    (dead,) = hold(database)
    assert hold(database) == []
    with database.reading() as session:
        assert not anything_waits(session, now=NOW + timedelta(days=1))  # whatever a process thinks the time is
    end_leases(database)
    with database.reading() as session:
        assert anything_waits(session, now=NOW)
    (heir,) = hold(database)
    assert (dead.attempts, heir.attempts) == (1, 2)
    with database.transaction() as session:
        assert not finish(session, dead, "left", keep=False)
        assert not to_review(session, dead, "odd")
        assert not put_off(session, dead, NOW)
        assert finish(session, heir, "help", keep=False)
        assert not finish(session, heir, "help again", keep=False)
    (row,) = rows(database)
    assert (row.state, row.what, row.sealed, row.not_before) == (ReceivedState.DONE, "help", None, None)
    assert row.lease_until is None


def test_what_is_put_off_counts_as_no_attempt(database: Database, keyring: Keyring) -> None:
    keep(database, keyring)
    (taken,) = hold(database)
    with database.transaction() as session:
        put_off(session, taken, NOW + timedelta(minutes=15))
    assert hold(database, NOW + timedelta(minutes=14)) == []
    assert [one.attempts for one in hold(database, NOW + timedelta(minutes=15))] == [1]


def test_reports_are_kept_for_a_while_and_what_waits_for_a_person_for_longer(
    database: Database, keyring: Keyring
) -> None:
    for number in range(3):
        keep(database, keyring, b"%d" % number)
    command, report, odd = hold(database)
    with database.transaction() as session:
        finish(session, command, "help", keep=False)
        finish(session, report, "bounce", keep=True)
        to_review(session, odd, "odd")
    assert [row.sealed is None for row in rows(database)] == [True, False, False]
    with database.transaction() as session:
        assert drop_old(session, now=NOW + KEPT - timedelta(seconds=1)) == 0
        assert drop_old(session, now=NOW + KEPT) == 2
    assert [row.what for row in rows(database)] == ["odd"]
    with database.transaction() as session:
        assert drop_old(session, now=NOW + REVIEW_KEPT - timedelta(seconds=1)) == 0
        assert drop_old(session, now=NOW + REVIEW_KEPT) == 1
    assert rows(database) == []


def test_what_waits_for_its_turn_is_never_dropped(database: Database, keyring: Keyring) -> None:
    keep(database, keyring)
    with database.transaction() as session:
        assert drop_old(session, now=NOW + 2 * REVIEW_KEPT) == 0


@pytest.mark.parametrize(("limit", "most"), [("MOST_FOR_REVIEW", 2), ("MOST_OCTETS_FOR_REVIEW", 2100)])
def test_when_too_much_waits_for_a_person_the_next_is_forgotten(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(f"newsletter.store.received.{limit}", most)
    for number in range(4):
        keep(database, keyring, b"%d" % number * 1050)
    *held, late, later = hold(database)
    with database.transaction() as session:
        for taken in (*held, late):
            assert to_review(session, taken, "odd")
        assert [one.what for one in for_review(session)] == ["odd", "odd"]
        assert reviewed(session, held[0].id)
        assert to_review(session, later, "odd")  # there is room again
    assert [(row.state, row.what, row.sealed is None) for row in rows(database)] == [
        (ReceivedState.DONE, "looked at", True),
        (ReceivedState.REVIEW, "odd", False),
        (ReceivedState.DONE, TOO_MUCH, True),
        (ReceivedState.REVIEW, "odd", False),
    ]


def test_who_lost_the_row_does_not_drop_it_either(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.store.received.MOST_FOR_REVIEW", 0)
    keep(database, keyring)
    (dead,) = hold(database)
    end_leases(database)
    hold(database)
    with database.transaction() as session:
        assert not to_review(session, dead, "odd")
    assert rows(database)[0].sealed is not None


def test_the_list_for_a_person_leaves_the_mails_where_they_are(database: Database, keyring: Keyring) -> None:
    keep(database, keyring)
    (odd,) = hold(database)
    with database.transaction() as session:
        to_review(session, odd, "odd")
    asked: list[str] = []
    with database.reading() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        (told,) = for_review(session)
        assert (told.id, told.at, told.source, told.what) == (odd.id, NOW, "lmtp", "odd")
        assert [("received" in sql, "sealed" in sql) for sql in asked] == [(True, False)]
        row = one_for_review(session, odd.id)
        assert row is not None
        assert keyring.open_octets(row.sealed or b"", bound_to=row.ref) == b"From: anna@example.org"
        assert one_for_review(session, odd.id + 1) is None


def test_a_person_has_it_tried_again_or_lets_go_of_it(database: Database, keyring: Keyring) -> None:
    keep(database, keyring)
    (odd,) = hold(database)
    with database.transaction() as session:
        to_review(session, odd, "x" * 500)
        (row,) = for_review(session)
        assert len(row.what or "") == 120
        assert reviewed(session, row.id, again_at=NOW)
        assert not reviewed(session, row.id)
    (again,) = hold(database)
    assert again.attempts == 1
    with database.transaction() as session:
        to_review(session, again, "odd")
        assert reviewed(session, again.id)
        assert not reviewed(session, again.id)
    assert rows(database)[0].sealed is None


def test_what_came_to_nothing_thrice_is_taken_by_itself(database: Database, keyring: Keyring) -> None:
    """One of them takes its process down: the others are not to go to review with it."""
    for number in range(3):
        keep(database, keyring, b"%d" % number)
    for _ in range(TRIES):
        assert len(hold(database)) == 3
        end_leases(database)
    keep(database, keyring, b"fresh")
    assert [len(hold(database)) for _ in range(5)] == [1, 1, 1, 1, 0]
