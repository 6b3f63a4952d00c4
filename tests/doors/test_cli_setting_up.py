"""`newsletter db upgrade` and `newsletter keys new`: what comes before everything else, and what is said without it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.cli import main
from newsletter.runtime import Runtime
from newsletter.sealing import read_key_file
from tests.servers.command import Answer, alone
from tests.verbs.conftest import SEEDS

Here = Callable[..., Answer]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """The command line of a machine on which nothing was set up."""
    opened: dict[int, Runtime] = {}
    monkeypatch.setattr("newsletter.runtime._opened", opened)
    monkeypatch.setattr("logging.root.handlers", [])
    monkeypatch.setenv("NEWSLETTER_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("NEWSLETTER_PUBLICATION", str(SEEDS / "publication.toml"))

    def run(*words: object, **settings: object) -> Answer:
        for name, value in settings.items():
            monkeypatch.setenv(f"NEWSLETTER_{name.upper()}", str(value))
        monkeypatch.setattr("sys.argv", ["newsletter", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capfd.readouterr()
        return Answer(int(end.value.code or 0), said.out, said.err)

    yield run
    for here in opened.values():
        if "database" in vars(here):
            here.database.close()


def test_a_database_is_brought_up_to_date_once(command: Here, empty_database_url: str) -> None:
    first, again = (command("db", "upgrade", database_url=empty_database_url) for _ in range(2))
    assert (first.code, first.out, first.err) == (0, "the database is up to date\n", "")
    assert (again.code, again.out, again.err) == (0, "the database is up to date already\n", "")


def test_a_postgresql_that_was_not_migrated_says_what_to_run(
    command: Here, fresh_postgresql: Callable[..., str]
) -> None:
    answer = command("subscribers", "count", database_url=fresh_postgresql())
    assert (answer.code, answer.out) == (2, "")
    said = r"newsletter: the database's schema is empty, this code wants \d{4}: newsletter db upgrade\n"
    assert re.fullmatch(said, answer.err)


@pytest.mark.parametrize("words", [("db", "upgrade"), ("subscribers", "count"), ("digest", "send", "2019-W41")])
def test_a_database_that_is_away_is_said_without_its_url(command: Here, words: tuple[str, ...]) -> None:
    answer = command(*words, database_url="postgresql://anna:s3cret@127.0.0.1:1/news")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "newsletter: the database does not answer; check NEWSLETTER_DATABASE_URL and that the server runs\n"
    )


def test_the_embedded_database_needs_no_step_of_its_own(command: Here, tmp_path: Path) -> None:
    assert command("digest", "status", "2019-W41").code == 0
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "var" / "newsletter.sqlite").exists()


def test_new_keys_are_written_once_and_never_over_others(command: Here, tmp_path: Path) -> None:
    path = tmp_path / "var" / "newsletter.key"
    answer = command("keys", "new")
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert "Keep a copy in a safe place" in answer.err
    before = path.read_bytes()
    again = command("keys", "new")
    assert (again.code, again.out) == (2, "")
    assert again.err == f"newsletter: {path}: there is a key file already; it is never written over\n"
    assert path.read_bytes() == before
    assert read_key_file(path)


def test_new_keys_go_where_they_are_wanted(command: Here, tmp_path: Path) -> None:
    assert command("keys", "new", tmp_path / "a" / "b.key").out == f"{tmp_path / 'a' / 'b.key'}\n"
    assert command("keys", "new", key_file=tmp_path / "c.key").out == f"{tmp_path / 'c.key'}\n"
    (tmp_path / "file").touch()
    answer = command("keys", "new", tmp_path / "file" / "d.key")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith(f"newsletter: {tmp_path / 'file'}")


def test_without_the_key_file_that_was_named_nobody_is_added(command: Here, tmp_path: Path) -> None:
    answer = command("subscribers", "add", "a@b.example", "--edition", "en", key_file=tmp_path / "none.key")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"newsletter: {tmp_path}/none.key: there is no key file; make one with: newsletter keys new\n"


def test_every_wrong_setting_is_a_line(command: Here) -> None:
    answer = command("subscribers", "count", web_port="high", database_url="mysql://a:s3cret@h/n", keyfile="x")
    assert (answer.code, answer.out) == (2, "")
    assert [line.split(": ")[1] for line in answer.err.splitlines()] == [
        "NEWSLETTER_KEYFILE", "NEWSLETTER_DATABASE_URL", "NEWSLETTER_WEB_PORT"
    ]  # fmt: skip
    assert "s3cret" not in answer.err


def test_every_fault_of_the_publication_is_a_line(command: Here, tmp_path: Path) -> None:
    file = tmp_path / "publication.toml"
    text = (SEEDS / "publication.toml").read_text()
    file.write_text(text.replace("Europe/Minsk", "Minsk").replace('"monday"', '"mon"'))
    answer = command("subscribers", "add", "a@b.example", "--edition", "en", publication=file)
    assert (answer.code, answer.out) == (2, "")
    assert [line.split(": ")[1:3] for line in answer.err.splitlines()] == [
        [str(file), "time_zone"], [str(file), "schedule.weekday"]
    ]  # fmt: skip


def test_each_command_works_alone_with_the_embedded_defaults(tmp_path: Path) -> None:
    """On a machine where `./run` never ran: what a first try of the command line does."""
    for words in (
        ("load", SEEDS),
        ("subscribers", "import", SEEDS / "readers.csv"),
        ("digest", "preview", "2019-W41", "--edition", "en", "--out", tmp_path / "out"),
    ):
        answer = alone(*words, data_dir=tmp_path / "var", publication=SEEDS / "publication.toml")
        assert answer.code == 0, (words, answer)
        assert "@" not in answer.out + answer.err
