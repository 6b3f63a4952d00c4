"""What both databases are made to agree on: instants, closed sets of words, and inserting what is not there yet."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from newsletter.store import Database, DatabaseAway, open_database
from newsletter.store.audit import AuditRow, add_audit, set_up_at
from newsletter.store.dialects import insert_or_ignore
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress, suppressed

NOON = datetime(2019, 10, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def kept(store: Database, instant: datetime) -> datetime:
    with store.transaction() as session:
        row = AuditRow(at=instant, who="test", what="test")
        session.add(row)
        session.flush()
        id = row.id
    with store.reading() as session:
        return session.scalars(select(AuditRow.at).where(AuditRow.id == id)).one()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.datetimes(datetime(1900, 1, 2), datetime(9000, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_an_instant_comes_back_the_same_and_in_utc(store: Database, instant: datetime) -> None:
    back = kept(store, instant)
    assert back.astimezone(UTC) == instant.astimezone(UTC)
    assert back.utcoffset() == timedelta(0)


def test_an_instant_without_a_zone_is_refused(store: Database) -> None:
    with pytest.raises(StatementError, match="a naive instant"):
        kept(store, NOON.replace(tzinfo=None))


def test_instants_of_different_zones_are_compared_as_instants(store: Database) -> None:
    earlier = NOON.astimezone(timezone(timedelta(hours=14))) - timedelta(hours=1)
    with store.transaction() as session:
        for at in (NOON, earlier, NOON.astimezone(ZoneInfo("Europe/Minsk")) + timedelta(hours=1)):
            add_audit(session, now=at, who="test", what="test")
        assert set_up_at(session) == NOON - timedelta(hours=1)
        assert len(session.scalars(select(AuditRow).where(AuditRow.at <= NOON)).all()) == 2


def test_rows_that_are_not_there_yet_are_inserted_and_the_others_left_alone(store: Database) -> None:
    def row(letter: str, reason: SuppressionReason) -> dict[str, object]:
        return {"lookup": letter.encode() * 20, "reason": reason, "day": NOON.date()}

    left, erased = SuppressionReason.LEFT, SuppressionReason.ERASED
    with store.transaction() as session:
        first = insert_or_ignore(session, SuppressionRow, [row("a", left), row("b", left)], SuppressionRow.lookup)
        again = [row("b", erased), row("c", erased), row("c", left)]
        second = insert_or_ignore(session, SuppressionRow, again, SuppressionRow.lookup)
        assert insert_or_ignore(session, SuppressionRow, [], SuppressionRow.lookup) == set()
    assert (first, second) == ({b"a" * 20, b"b" * 20}, {b"c" * 20})
    with store.reading() as session:
        found = session.execute(select(SuppressionRow.lookup, SuppressionRow.reason)).all()
    assert sorted((lookup[:1], reason) for lookup, reason in found) == [(b"a", left), (b"b", left), (b"c", erased)]


def test_a_thousand_rows_are_inserted_at_once_and_each_is_told(store: Database) -> None:
    rows = [{"week": f"{1000 + n}-W01", "state": DigestState.OPEN} for n in range(2500)]
    with store.transaction() as session:
        added = insert_or_ignore(session, DigestRow, rows, DigestRow.week)
        assert added == {row["week"] for row in rows}
        assert insert_or_ignore(session, DigestRow, rows, DigestRow.week) == set()


def test_what_breaks_another_rule_than_uniqueness_is_not_passed_over(store: Database) -> None:
    with pytest.raises((IntegrityError, StatementError)), store.transaction() as session:
        insert_or_ignore(session, DigestRow, [{"week": "2019-W41", "state": None}], DigestRow.id)


def test_the_first_reason_of_a_suppression_stays(store: Database) -> None:
    with store.transaction() as session:
        for reason in (SuppressionReason.COMPLAINT, SuppressionReason.LEFT):
            suppress(session, b"a" * 20, reason, today=NOON.date())
        assert session.scalars(select(SuppressionRow.reason)).all() == [SuppressionReason.COMPLAINT]
        assert suppressed(session, [b"a" * 20, b"b" * 20]) == {b"a" * 20}
        assert suppressed(session, []) == set()


def test_a_word_that_is_none_of_the_set_is_refused(store: Database) -> None:
    with store.transaction() as session:
        session.add(DigestRow(week="2019-W41", state="sleeping"))
        with pytest.raises(StatementError):
            session.flush()
        session.rollback()


def test_a_transaction_is_kept_whole_or_not_at_all(store: Database) -> None:
    with contextlib.suppress(KeyError), store.transaction() as session:
        add_audit(session, now=NOON, who="test", what="test")
        raise KeyError
    with store.reading() as session:
        assert session.scalars(select(AuditRow)).all() == []


def test_no_error_of_the_database_tells_what_was_to_be_written(store: Database) -> None:
    with pytest.raises(StatementError) as caught, store.transaction() as session:
        session.execute(text("INSERT INTO audit (nowhere) VALUES (:value)"), {"value": "anna@example.org"})
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://anna:s3cret@127.0.0.1:1/news", "sqlite:////nowhere/at/all/newsletter.sqlite"]
)
def test_a_database_that_is_away_is_told_without_its_url(url: str) -> None:
    database = open_database(url)
    for use in (database.transaction, database.reading):
        with pytest.raises(DatabaseAway) as caught, use():
            pass
        assert "s3cret" not in str(caught.value)
        assert "nowhere" not in str(caught.value)
        assert caught.value.__suppress_context__
    database.close()


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.sqlite"
    path.write_bytes(b"no database at all\n" * 1000)
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseAway, match="is not a database of SQLite"), database.transaction():
        pass
    database.close()


@pytest.mark.parametrize("url", ["postgresql://anna:s3cret@host:port/news", "sqlite://host/news"])
def test_a_url_that_names_no_database_is_told_without_quoting_it(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseAway, match="NEWSLETTER_DATABASE_URL") as caught:
        open_database(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_file_is_its_owners_alone_and_one_in_memory_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///:memory:", "sqlite://", f"sqlite:///{tmp_path}/a.sqlite"):
        database = open_database(url)
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        database.close()
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("a.sqlite", 0o600)]


def test_who_only_reads_waits_for_no_writer_and_sees_nothing_half_done(store: Database) -> None:
    with store.transaction() as session:
        add_audit(session, now=NOON, who="test", what="test")
        with store.reading() as other:
            assert other.scalars(select(AuditRow)).all() == []
