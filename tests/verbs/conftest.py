"""What tests of verbs share: an installation on each engine, with the sample publication and a clock that is told."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from newsletter import addresses, editing, publishing, subscribing
from newsletter.delivering import deliver_slice, notes
from newsletter.delivering import slice as slices
from newsletter.digest import Variant
from newsletter.keyfile import create_key_file
from newsletter.runtime import Runtime
from newsletter.settings import Settings
from newsletter.store.audit import AuditRow
from newsletter.store.batches import due_letters
from newsletter.store.servers import ServerRow
from newsletter.subscribing import Wish
from newsletter.transport import Transport
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.servers.sample import sample_weeks

SEEDS = Path(__file__).parents[2] / "seeds"
WEEK = Week(2019, 41)
MONDAY = datetime(2019, 10, 14, 6, 0, tzinfo=UTC)
"""An hour after the sample's 2019-W41 went out: 8:00 in Minsk is 5:00 UTC."""


class ToldClock:
    """A clock that stands still until it is told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        self.now += timedelta(**much)


class Installation(Runtime):
    """A runtime with a few words for tests."""

    clock: ToldClock

    def set_up_at(self, instant: datetime) -> None:
        """Say that the service was set up at another time."""
        with self.database.transaction() as session:
            session.execute(update(AuditRow).values(at=instant))

    def load_seeds(self) -> None:
        with self.database.transaction() as session:
            editing.load(session, sample_weeks(self.publication))

    def add_readers(self, number: int, edition: str = "en", variant: Variant = Variant.FULL) -> list[str]:
        names = [f"{edition}-{variant}-{place}@example.org" for place in range(number)]
        wanted = self.publication.edition(edition)
        wishes = [Wish(addresses.parse(name), wanted, wanted.languages, variant) for name in names]
        with self.database.transaction() as session:
            assert all(subscribing.add(session, self.keyring, wishes, today=self.clock().date()))
        return names

    def plan(self, week: Week = WEEK) -> int:
        with self.database.transaction() as session:
            return publishing.send(
                session,
                self.publication,
                week,
                now=self.clock(),
                who="test",
                batch_size=self.settings.batch_size,
            ).planned

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Run slices for whatever is due, one after the other, until the bell would not be rung again."""
        again = True
        while again:
            with self.database.reading() as session:
                due = due_letters(session, now=self.clock())
            slices = [deliver_slice(letter_id, self, stop=stop) for letter_id in due]
            again = any(slices)

    def pass_circuits(self) -> None:
        """Let the time pass for which servers are left alone; it is the database's."""
        with self.database.transaction() as session:
            session.execute(update(ServerRow).where(ServerRow.out_until.is_not(None)).values(out_until=0))

    def status(self, week: Week = WEEK) -> publishing.Status:
        with self.database.reading() as session:
            return publishing.status(session, self.publication, week)


@pytest.fixture
def install(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    """Make an installation that was set up long before the sample's weeks; `install(smtp_url=…)` sets settings."""

    made: list[Installation] = []

    def make(**settings: object) -> Installation:
        key_file = tmp_path / "newsletter.key"
        if not key_file.exists():
            create_key_file(key_file)
        given = {
            "database_url": database_url,
            "key_file": key_file,
            "publication": SEEDS / "publication.toml",
            "data_dir": tmp_path,
            **settings,
        }
        clock = ToldClock(datetime(2012, 1, 1, tzinfo=UTC))
        here = Installation(Settings.model_validate(given), clock)
        here.set_up(here.database)
        clock.now = MONDAY
        made.append(here)
        return here

    yield make
    for here in made:
        here.database.close()


@pytest.fixture
def give_up_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give a server up after so many seconds without a connection; it is ten where nobody waits for a test."""

    def set_patience(seconds: float) -> None:
        for module in (slices, notes):
            monkeypatch.setattr(module, "Transport", partial(Transport, patience=seconds))

    return set_patience


@pytest.fixture
def here(install: Callable[..., Installation], postbox: Postbox) -> Installation:
    """An installation that delivers to the postbox."""
    return install(smtp_url=postbox.url, smtp_connections=8)


@pytest.fixture
def planned(here: Installation) -> Installation:
    """Sixty readers, planned."""
    here.load_seeds()
    here.add_readers(60)
    here.plan()
    return here


@pytest.fixture
def by_two(install: Callable[..., Installation], postbox: Postbox, other_postbox: Postbox) -> Installation:
    """An installation that delivers to two postboxes."""
    return install(smtp_url=f"{postbox.url} {other_postbox.url}", smtp_connections=4)
