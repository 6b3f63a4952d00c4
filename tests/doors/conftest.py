"""What tests of doors share: pages on each engine with the sample publication in its archive, and the command line."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.command import Command
from tests.servers.pages import Pages, load_seeds, runtime_at
from tests.servers.postgresql import Databases
from tests.verbs.conftest import Installation, install

__all__ = ["install"]  # the same installations, entered by another door


@pytest.fixture
def command(
    request: pytest.FixtureRequest,
    install: Callable[..., Installation],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Command:
    """The command line of an installation; it delivers to the postbox where the test has one."""
    settings = {}
    if "postbox" in request.fixturenames:
        settings["smtp_url"] = request.getfixturevalue("postbox").url
    return Command(install(**settings), monkeypatch, capfd, lambda: request.getfixturevalue("nursery"))


@pytest.fixture
def pages(database_url: str, tmp_path: Path) -> Iterator[Pages]:
    """Pages of this test alone, with an empty archive: it may change what they show."""
    with Pages(runtime_at(database_url, tmp_path)) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Pages that many tests read and none changes."""
    folder = tmp_path_factory.mktemp("library")
    databases: Databases | None = None
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "newsletter.sqlite")
        url = f"sqlite:///{folder / 'newsletter.sqlite'}"
    else:
        databases = request.getfixturevalue("postgresql")
        name = databases.create(template=request.getfixturevalue("postgresql_template"))
        url = databases.url(name)
    runtime = runtime_at(url, folder)
    load_seeds(runtime)
    with Pages(runtime) as running:
        yield running
    if databases is not None:
        databases.drop(name)
