"""How the command line ends: an exit code that means something, a line that says what to do, and no address."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import update

from newsletter import subscribing
from newsletter.cli.main import OUR_FAULT
from newsletter.store.subscribers import SubscriberRow
from tests.servers.command import Command, environment

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""


def test_a_fault_of_ours_is_reported_with_its_traceback_and_without_an_address(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no luck with anna@example.org")

    monkeypatch.setattr(subscribing, "add", broken)
    monkeypatch.setenv("NEWSLETTER_LOG_LEVEL", "debug")
    answer = command("subscribers", "add", "anna@example.org", "--edition", "en")
    assert (answer.code, answer.out) == (OUR_FAULT, "")
    assert "Traceback" in answer.err
    assert "ValueError: no luck with <…>" in answer.err
    assert "example.org" not in answer.err


def test_a_damaged_row_is_a_fault_that_says_so_and_not_a_traceback(command: Command) -> None:
    command.here.load_seeds()
    command.here.add_readers(1)
    with command.here.database.transaction() as session:
        session.execute(update(SubscriberRow).values(sealed=b"\0" * 40))
    fresh = command.alone("subscribers", "add", "b@example.org", "--edition", "en")
    assert (fresh.code, fresh.out) == (2, "")
    assert "sealed with other keys" in fresh.err
    assert "Traceback" not in fresh.err


def test_a_reader_of_the_output_who_goes_away_is_no_fault(command: Command) -> None:
    command.here.load_seeds()
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "newsletter.cli", "digest", "status", "2019-W41", "--json"],
            env={**os.environ, **environment(command.here.settings)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


@pytest.mark.parametrize("words", [("no-such-command",), ("digest", "no-such-step"), ("load",), ("test-send",)])
def test_a_command_that_is_none_is_a_usage_error(command: Command, words: tuple[str, ...]) -> None:
    answer = command(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "Traceback" not in answer.err
    assert answer.err.splitlines()[-1].strip()


def test_every_command_explains_itself(command: Command) -> None:
    assert command().code == 2  # no command at all shows the help, and is no success
    for words in ((), ("subscribers",), ("digest",), ("db",), ("keys",)):
        answer = command(*words, "--help")
        assert (answer.code, answer.err) == (0, "")
        assert "Commands:" in answer.out
