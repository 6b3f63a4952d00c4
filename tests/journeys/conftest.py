"""What journeys share: an installation with a broker and a postbox, and the ground on which ordeals are played."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.keyfile import create_key_file
from newsletter.settings import PREFIX
from newsletter.store import open_database
from tests.journeys.account import Account
from tests.journeys.ground import Ground, Setting
from tests.journeys.scenarios import SCENARIOS
from tests.journeys.scenarios.scenario import BOTH
from tests.journeys.site import SEEDS, Site
from tests.servers.crew import Nursery
from tests.servers.places import short_directory
from tests.servers.postbox import Postbox

READERS = 1500


@pytest.fixture
def site(
    database_url: str,
    broker_url: str,
    postbox: Postbox,
    nursery: Nursery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Site]]:
    """Make an installation; `site(ON_DOUBT="hold")` sets settings."""
    made: list[Site] = []

    def make(**settings: str) -> Site:
        create_key_file(tmp_path / "newsletter.key")
        given = {
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "SMTP_URL": postbox.url,
            "DATA_DIR": str(tmp_path),
            "KEY_FILE": str(tmp_path / "newsletter.key"),
            "PUBLICATION": str(SEEDS / "publication.toml"),
            **settings,
        }
        environment = {PREFIX + name: value for name, value in given.items()}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)  # who rings in this process reads them, too
        made.append(Site(environment, tmp_path, nursery))
        database = open_database(database_url)
        made[-1].here.set_up(database)
        database.close()
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def ground(nursery: Nursery) -> Iterator[Ground]:
    """A digest planned for 1,500 readers on each database."""
    folder = short_directory("ground")
    ground = Ground(folder, READERS, BOTH, nursery)
    yield ground
    ground.remove()
    shutil.rmtree(folder)


@pytest.fixture
def put_through(ground: Ground) -> Callable[..., Account]:
    """`put_through("killed", "sqlite", "hold")` sends the digest while that happens, and returns who got what."""

    def play(name: str, database: str, on_doubt: str) -> Account:
        scenario = SCENARIOS[name]
        with ground.ordeal(Setting(scenario, database, on_doubt, scenario.workers)) as ordeal:
            scenario.disturb(ordeal)
            return ordeal.finish()

    return play
