"""The day that is kept is the one that the publication has: at 23:30 UTC it is tomorrow in Minsk, whichever door."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from newsletter import addresses, subscribing
from newsletter.runtime import Runtime
from newsletter.store.consents import ConsentRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionRow
from newsletter.tokens import Purpose
from tests.servers.command import Command
from tests.servers.pages import Pages, add_reader, runtime_at

LATE = datetime(2019, 10, 14, 23, 30, tzinfo=UTC)
TOMORROW = date(2019, 10, 15)
ANNA = "anna@example.org"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def late(command: Command) -> Command:
    assert str(command.here.publication.time_zone) == "Europe/Minsk"
    command.here.clock.now = LATE
    return command


def kept(here: Runtime, column: Any) -> list[Any]:
    with here.database.reading() as session:
        return list(session.scalars(select(column)))


def test_of_who_is_added(late: Command, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,edition\npiotr@example.org,en\n")
    assert late("subscribers", "add", ANNA, "--edition", "en").out == "added\n"
    assert late("subscribers", "import", file).out == "added 1, already there 0, invalid 0\n"
    for column in (SubscriberRow.since_day, ConsentRow.day):
        assert kept(late.here, column) == [TOMORROW] * 2


def test_of_who_is_erased_or_suppressed(late: Command, tmp_path: Path) -> None:
    file = tmp_path / "left.csv"
    file.write_text("email\npiotr@example.org\n")
    late("subscribers", "add", ANNA, "--edition", "en")
    assert late("subscribers", "erase", ANNA, "--yes").out == "erased\n"
    late("suppressions", "import", file)
    assert kept(late.here, SuppressionRow.day) == [TOMORROW] * 2


def test_of_who_leaves(database_url: str, tmp_path: Path) -> None:
    with Pages(runtime_at(database_url, tmp_path, now=LATE)) as pages:
        path = f"/be/leave/{pages.token(Purpose.LEAVE, add_reader(pages.runtime))}"
        assert pages.ask(path, method="POST", form={"List-Unsubscribe": "One-Click"}).status == 200
        assert kept(pages.runtime, SuppressionRow.day) == [TOMORROW]


def test_on_which_a_silence_ends(late: Command) -> None:
    here = late.here
    here.load_seeds()
    for address, until in zip(here.add_readers(2), (TOMORROW, date(2019, 10, 16)), strict=True):
        with here.database.transaction() as session:
            subscribing.silence_address(session, here.keyring, addresses.parse(address), until)
    here.add_readers(1, edition="be-ru")
    here.plan()
    assert kept(here, SubscriberRow.paused_until) == [None, date(2019, 10, 16), None]
