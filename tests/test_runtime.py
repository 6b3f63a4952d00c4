"""What a process opens: its database with our schema, and the keys that made what is in there."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import delete, select

from newsletter import addresses, subscribing
from newsletter.keyfile import create_key_file
from newsletter.privatefile import KeyFileError
from newsletter.runtime import ForeignKeys, Runtime, runtime
from newsletter.settings import Settings
from newsletter.store.audit import AuditRow
from newsletter.store.notes import owe_note
from newsletter.store.schema import SchemaBehind
from newsletter.store.subscribers import SubscriberRow
from newsletter.subscribing import Wish
from newsletter.tokens import Purpose, make
from newsletter.windows import Limit

SEEDS = Path(__file__).parent.parent / "seeds"
NOW = datetime(2019, 10, 14, 6, 0, tzinfo=UTC)


Open = Callable[..., Runtime]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open a runtime, again and again, as each start of a process does."""
    made: list[Runtime] = []

    def start(data_dir: Path = tmp_path, **settings: Any) -> Runtime:
        given = {"data_dir": data_dir, "publication": SEEDS / "publication.toml", **settings}
        made.append(Runtime(Settings.model_validate(given), clock=lambda: NOW))
        return made[-1]

    yield start
    for one in made:
        if "database" in vars(one):
            one.database.close()


@pytest.fixture
def lived_in(opened: Open, database_url: str) -> Open:
    """Open an installation that has one reader."""
    again = partial(opened, database_url=database_url)
    first = again()
    edition = first.publication.edition("en")
    wish = Wish(addresses.parse("anna@example.org"), edition, edition.languages)
    with first.database.transaction() as session:
        subscribing.add(session, first.keyring, [wish], today=NOW.date())
    return again


def test_the_first_use_makes_the_key_file_in_the_default_place(opened: Open, tmp_path: Path) -> None:
    here = opened(tmp_path / "var")
    assert here.keyring
    assert (tmp_path / "var" / "newsletter.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_a_key_file_that_was_named_is_not_made_up(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(ForeignKeys, match="there is no key file; make one with: newsletter keys new"):
        _ = opened(key_file=tmp_path / "named.key").keyring
    assert not (tmp_path / "named.key").exists()


def test_processes_that_start_at_once_share_one_key_file(opened: Open, tmp_path: Path) -> None:
    _ = opened().database
    start, lookups, faults = Barrier(6), set[bytes](), list[Exception]()

    def use() -> None:
        here = opened()
        _ = here.database
        start.wait()
        try:
            lookups.add(here.keyring.lookup("a"))
        except KeyFileError as fault:
            faults.append(fault)

    threads = [Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(lookups), faults) == (1, [])


def test_without_its_key_file_a_database_of_readers_is_not_opened(lived_in: Open) -> None:
    lived_in().settings.keys.unlink()
    with pytest.raises(ForeignKeys, match="the key file is missing, and the database holds addresses sealed with it"):
        _ = lived_in().keyring
    assert not lived_in().settings.keys.exists()


def test_with_the_key_file_of_another_installation_it_is_not_opened(lived_in: Open, tmp_path: Path) -> None:
    create_key_file(tmp_path / "other.key")
    with pytest.raises(ForeignKeys, match="sealed with other keys; bring their file back"):
        _ = lived_in(key_file=tmp_path / "other.key").keyring


@pytest.mark.parametrize("what", ["note", "asking"])
def test_a_wish_that_is_on_its_way_needs_its_keys_too(opened: Open, database_url: str, what: str) -> None:
    again = partial(opened, database_url=database_url)
    here = again()
    edition, anna = here.publication.edition("en"), addresses.parse("anna@example.org")
    with here.database.transaction() as session:
        if what == "note":
            assert owe_note(session, here.keyring, "confirm", anna, facts={}, tongue="en", now=NOW, per_day=1)
        else:
            wish = Wish(anna, edition, edition.languages)
            subscribing.ask(session, here.keyring, wish, tongue=edition.languages[0], door="web", now=NOW)
    here.settings.keys.unlink()
    with pytest.raises(ForeignKeys):
        _ = again().keyring


def test_where_everybody_left_the_keys_are_still_asked_for(lived_in: Open) -> None:
    """A new key file would not know who left: the next import would write to them."""
    here = lived_in()
    with here.database.transaction() as session:
        (ref,) = session.scalars(select(SubscriberRow.ref))
        assert subscribing.leave(session, here.keyring, make(here.keyring, Purpose.LEAVE, ref), today=NOW.date())
    here.settings.keys.unlink()
    with pytest.raises(ForeignKeys):
        _ = lived_in().keyring


def test_a_key_file_that_lost_its_older_keys_is_noticed(lived_in: Open, tmp_path: Path) -> None:
    here = lived_in()
    create_key_file(tmp_path / "new.key")
    shutil.copy(here.settings.keys, tmp_path / "old.key")
    with here.settings.keys.open("a") as keys:
        keys.write((tmp_path / "new.key").read_text())
    assert lived_in().keyring
    shutil.copy(tmp_path / "new.key", here.settings.keys)
    with pytest.raises(ForeignKeys):
        _ = lived_in().keyring


def test_postgresql_is_not_migrated_behind_the_back_of_others(
    opened: Open, fresh_postgresql: Callable[..., str]
) -> None:
    with pytest.raises(SchemaBehind, match=r"schema is empty, this code wants \d{4}: newsletter db upgrade"):
        _ = opened(database_url=fresh_postgresql()).database


def test_the_day_of_setting_up_is_noted_once(opened: Open, tmp_path: Path) -> None:
    for _ in range(3):
        with opened().database.reading() as session:
            assert [(row.at, row.what) for row in session.scalars(select(AuditRow))] == [(NOW, "set up")]


def test_a_process_opens_its_runtime_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("newsletter.runtime._opened", {})
    calls: list[Settings] = []

    def settings() -> Settings:
        calls.append(Settings(data_dir=tmp_path))
        return calls[-1]

    assert runtime(settings) is runtime(settings)
    assert len(calls) == 1


def test_a_database_without_readers_takes_any_keys(lived_in: Open, tmp_path: Path) -> None:
    here = lived_in()
    with here.database.transaction() as session:
        for table in ("subscribers", "domains"):
            session.execute(delete(SubscriberRow.metadata.tables[table]))
    create_key_file(tmp_path / "other.key")
    assert lived_in(key_file=tmp_path / "other.key").keyring


def test_windows_are_opened_without_a_broker_and_stop_nobody(opened: Open, tmp_path: Path) -> None:
    here = opened(broker_url=f"redis+socket://{tmp_path}/none.sock")
    assert here.windows is here.windows
    assert here.windows.count(Limit("askings", 0, 60))


def test_windows_count_in_the_broker_that_is_set(opened: Open, broker_url: str) -> None:
    here = opened(broker_url=broker_url)
    assert not here.windows.count(Limit("askings", 0, 60))
    here.windows.close()
