"""`newsletter servers`: what an operator sees of the mail servers."""

import json
from collections.abc import Callable

import pytest

from newsletter.store.servers import slow_down, take_out
from tests.servers.command import Command
from tests.verbs.conftest import Installation

URLS = "smtp://127.0.0.1:2501?weight=3&connections=4 smtp://127.0.0.1:2502?weight=1&per_minute=300"


@pytest.fixture
def two(
    install: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """The command line of an installation with two mail servers, one out and one slowed down."""
    command = Command(install(smtp_url=URLS), monkeypatch, capfd)
    with command.here.database.transaction() as session:
        take_out(session, "127.0.0.1:2501", "greeting: 554 go away")
        slow_down(session, "127.0.0.1:2502", 120)
    return command


def test_each_server_is_shown_with_what_ails_it(two: Command) -> None:
    out = two("servers").out
    assert "127.0.0.1:2501" in out
    assert "greeting: 554 go away" in out
    assert "slowed down to 120 a minute" in out


def test_a_program_gets_the_same(two: Command) -> None:
    first, second = json.loads(two("servers", "--json").out)
    assert (first["weight"], first["failures"], first["per_minute"]) == (3, 1, None)
    assert 0 < first["out_for"] <= 60
    assert (second["slowed_to"], second["per_minute"], second["out_for"]) == (120, 300, 0)


def test_a_server_that_nobody_has_used_is_fine(command: Command) -> None:
    assert "fine" in command("servers").out
