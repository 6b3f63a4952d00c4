"""What every test may ask for: real servers, and a fresh database on each of the two engines.

Servers start when first asked for and live as long as the test run (one set for each worker of pytest-xdist).  A
server that cannot start fails the test; nothing here skips.
"""

import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import redis

from newsletter.embedded import valkey
from newsletter.letters.inline import inline
from newsletter.settings import PREFIX
from newsletter.store import open_database
from newsletter.store.schema import upgrade
from tests.schedule import LongestFirst, longest_first
from tests.servers.browser import NO_BROWSER, find_chromium
from tests.servers.copies import Copies
from tests.servers.crew import Nursery
from tests.servers.dovecot import NO_DOVECOT, find_dovecot
from tests.servers.engines import prepare_quickly, quick_engine
from tests.servers.places import short_directory
from tests.servers.postbox import Postbox, PostOffice
from tests.servers.postfix import NO_POSTFIX, find_postfix
from tests.servers.postgresql import Cluster, Databases


@dataclass(frozen=True)
class Program:
    """What some tests need and no wheel holds; `variable=required` in the environment makes its absence fail them."""

    is_there: Callable[[], object]
    absence: str
    variable: str
    package: str


PROGRAMS = {
    "browser": Program(find_chromium, NO_BROWSER, "TEST_BROWSER", "chromium"),
    "postfix": Program(find_postfix, NO_POSTFIX, "TEST_MTA", "postfix"),
    "dovecot": Program(find_dovecot, NO_DOVECOT, "TEST_MTA", "dovecot-imapd dovecot-lmtpd"),
}
"""By the marker of the tests that need it."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among thousands of tests that stay: neither while they are found, nor after each again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst | None:
    """Give files to workers in that order."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test out whose program is not there; or fail it, where that is required."""
    for marker, program in PROGRAMS.items():
        if item.get_closest_marker(marker) and not program.is_there():
            if os.environ.get(program.variable) == "required":
                pytest.fail(program.absence)
            pytest.skip(program.absence)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out: a suite that is silent about it is taken for a whole one."""
    skipped = terminalreporter.stats.get("skipped", ())
    for marker, program in PROGRAMS.items():
        left_out = [report.nodeid for report in skipped if program.absence in str(report.longrepr)]
        if left_out:
            terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
            terminalreporter.line(f"{len(left_out)} {marker} tests did not run: {program.absence}.")
            terminalreporter.line(f"On Debian or Ubuntu: apt-get install {program.package}")
            for nodeid in left_out:
                terminalreporter.line(f"  {nodeid}")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the settings it makes itself, whatever the developer's shell holds."""
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _quick_engines() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newsletter.store.database.create_engine", quick_engine)
        patch.setattr("newsletter.store.sqlite.prepare", prepare_quickly)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_letters() -> Iterator[None]:
    """What the same letter looks like with its style in every element is worked out once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newsletter.letters.draft.inline", lru_cache(maxsize=200)(inline))
        yield


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What workers and commands come out of."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def valkey_socket() -> Iterator[Path]:
    """The socket of a real Valkey; use `broker_url` unless the socket itself matters."""
    directory = short_directory("valkey")
    path = directory / "valkey.sock"
    process = valkey.start(path, log=directory / "valkey.log")
    valkey.wait_until_ready(process, path)
    yield path
    process.stop()
    shutil.rmtree(directory)


@pytest.fixture
def broker_url(valkey_socket: Path) -> str:
    """What `NEWSLETTER_BROKER_URL` is set to: a real Valkey, emptied."""
    with redis.Redis(unix_socket_path=str(valkey_socket)) as connection:
        connection.flushall()
    return f"redis+socket://{valkey_socket}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A real PostgreSQL server; use `database_url` unless the server itself matters."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield Databases(given)
        return
    cluster = Cluster()
    yield cluster
    cluster.remove()


def _migrate(url: str) -> None:
    database = open_database(url)
    upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Databases) -> Iterator[str]:
    """A migrated database to copy: migrating one for each test would take most of the suite's time."""
    name = postgresql.create()
    _migrate(postgresql.url(name))
    yield name
    postgresql.drop(name)


@pytest.fixture(scope="session")
def postgresql_copies(postgresql: Databases, postgresql_template: str) -> Iterator[Copies]:
    """Databases like the template, used by one test after the other."""
    copies = Copies(postgresql, postgresql_template)
    yield copies
    copies.remove()


@pytest.fixture
def _migrated_postgresql(postgresql: Databases, postgresql_copies: Copies) -> Iterator[str]:
    name = postgresql_copies.take()
    yield postgresql.url(name)
    postgresql_copies.give_back(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy."""
    path = tmp_path_factory.mktemp("template") / "newsletter.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def fresh_postgresql(postgresql: Databases) -> Iterator[Callable[..., str]]:
    """Make databases that live as long as the test: `fresh_postgresql()` is empty; returns a URL."""
    made: list[str] = []

    def make(template: str = "template0") -> str:
        made.append(postgresql.create(template=template))
        return postgresql.url(made[-1])

    yield make
    for name in made:
        postgresql.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'newsletter.sqlite'}"
    return str(request.getfixturevalue("fresh_postgresql")())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database, on each engine in turn: what `NEWSLETTER_DATABASE_URL` is set to."""
    if request.param == "sqlite":
        path = tmp_path / "newsletter.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("_migrated_postgresql"))


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    """Where postboxes are."""
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture
def postbox(post_office: PostOffice) -> Iterator[Postbox]:
    """A real SMTP server in another process that can be told to refuse, to wait and to hold."""
    yield from _postbox(post_office)


@pytest.fixture
def other_postbox(post_office: PostOffice) -> Iterator[Postbox]:
    """A second one."""
    yield from _postbox(post_office)


def _postbox(office: PostOffice) -> Iterator[Postbox]:
    box = Postbox(office)
    yield box
    box.stop()
