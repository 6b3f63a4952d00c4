"""`newsletter check`: what is unfit is an error, what would surprise the operator a warning."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.letters.dkimkeys import create_signing_key
from tests.servers.command import Command
from tests.verbs.conftest import SEEDS, Installation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""


@pytest.fixture
def showing(
    install: Callable[..., Installation],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Command:
    """The command line of an installation whose discreet letters are half neutral, and signed by nobody."""
    key = tmp_path / "news1.pem"
    create_signing_key(key)
    text = (SEEDS / "publication.toml").read_text()
    file = tmp_path / "publication.toml"
    file.write_text(text.replace('base_url = "http://localhost:8025"', ""))
    here = install(publication=file, dkim=f"week.example.org:news1:{key}", smtp_url="smtp://mail.week.example.org")
    return Command(here, monkeypatch, capfd)


WARNINGS = [
    "discreet.base_url is missing: links in discreet letters lead to the publication's own host",
    "NEWSLETTER_DKIM: there is no key for letter.example.net: discreet letters go out unsigned, others signed",
    "NEWSLETTER_SMTP_URL: mail.week.example.org is the publication's, and stands in the Received lines of discreet "
    "letters",
]


def test_the_sample_is_fit_and_nothing_of_it_surprises(command: Command) -> None:
    answer = command("check")
    assert (answer.code, answer.out) == (0, "")
    assert "fit for use" in answer.err
    assert json.loads(command("check", "--json").out) == {"warnings": []}


def test_what_ties_discreet_letters_to_the_publication_is_a_warning_each(showing: Command) -> None:
    answer = showing("check")
    assert (answer.code, answer.out.splitlines()) == (0, [f"warning: {line}" for line in WARNINGS])
    assert json.loads(showing("check", "--json").out) == {"warnings": WARNINGS}


def test_what_is_unfit_is_an_error(command: Command, tmp_path: Path) -> None:
    answer = command.alone("check", base_url="https://week.example.org", dkim=f"example.org:a:{tmp_path / 'none'}")
    assert (answer.code, answer.out) == (2, "")
    assert "discreet.base_url: leads to this machine alone" in answer.err


def test_a_worker_says_the_warnings_as_it_starts(showing: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr("newsletter.cli.processes._celery", lambda _settings, *words: started.extend(words))
    answer = showing("worker")
    assert started[0] == "worker"
    assert answer.err.splitlines() == [f"newsletter: warning: {line}" for line in WARNINGS]
