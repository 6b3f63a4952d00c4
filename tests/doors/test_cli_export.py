"""`newsletter subscribers export`: all readers in one encrypted file, whole or not at all."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pyrage import passphrase
from sqlalchemy import select, update

from newsletter import addresses, agefile, subscribing
from newsletter.cli.export import AT_ONCE
from newsletter.cli.wishes import EXPORTED
from newsletter.store.audit import AuditRow
from newsletter.store.subscribers import SubscriberRow
from tests.servers.command import Answer, Command, environment

WORDS = "five words are long enough"
HEADER = ",".join(EXPORTED)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess at the passphrase costs nothing: most tests are about something else."""
    monkeypatch.setattr("newsletter.agefile.encrypt", partial(agefile.encrypt, work=10))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return written(tmp_path / "passphrase", WORDS + "\n")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def rows(file: Path) -> list[dict[str, str]]:
    plain = passphrase.decrypt(file.read_bytes(), WORDS).decode()
    return list(csv.DictReader(io.StringIO(plain)))


def deeds(command: Command) -> list[str]:
    with command.here.database.reading() as session:
        return [what for what in session.scalars(select(AuditRow.what)) if what != "set up"]


def refused(answer: Answer, *, code: int, tmp_path: Path, left: set[str]) -> None:
    """Nothing was written, under whatever name, and no address was said."""
    assert (answer.code, answer.out) == (code, "")
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("newsletter.")} == left
    assert "@" not in answer.err


@pytest.mark.usefixtures("cheap")
def test_everybody_is_in_the_file_with_all_that_is_kept(
    command: Command, tmp_path: Path, secret: Path, typing: Callable[[str], None]
) -> None:
    here = command.here
    here.add_readers(2)
    command(
        "subscribers", "add", "+anna@example.org", "--edition", "be-ru", "--languages", "ru,be", "--variant", "discreet"
    )
    with here.database.transaction() as session:
        first, second = (addresses.parse(f"en-full-{number}@example.org") for number in range(2))
        subscribing.stop_address(session, here.keyring, first)
        subscribing.silence_address(session, here.keyring, second, date(2020, 1, 1))
    typing("3\n")
    file = tmp_path / "readers.age"
    answer = command("subscribers", "export", file, "--passphrase-file", secret)
    assert (answer.code, answer.out) == (0, "exported 3\n")
    assert "@" not in answer.err
    assert file.stat().st_mode & 0o777 == 0o600
    common = {"tongue": "en", "since": "2019-10-14", "edition": "en", "languages": "en", "variant": "full"}
    assert rows(file) == [
        common | {"email": str(first), "state": "stopped", "stop_reason": "operator", "paused_until": ""},
        common | {"email": str(second), "state": "paused", "stop_reason": "", "paused_until": "2020-01-01"},
        {
            "email": "'+anna@example.org", "edition": "be-ru", "languages": "ru be", "variant": "discreet",
            "state": "active", "paused_until": "", "stop_reason": "", "tongue": "ru", "since": "2019-10-14",
        },
    ]  # fmt: skip
    assert deeds(command) == ["exported 3 readers"]


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhole:
    """The file is there whole, or there is none."""

    def test_more_than_are_read_at_once_are_all_there(
        self, command: Command, tmp_path: Path, secret: Path, typing: Callable[[str], None]
    ) -> None:
        names = command.here.add_readers(2 * AT_ONCE + 1)
        typing(f"{len(names):,}\n")
        assert command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret).out == "exported 2001\n"
        assert [row["email"] for row in rows(tmp_path / "f")] == names

    def test_who_does_not_type_the_number_gets_none(
        self, command: Command, tmp_path: Path, secret: Path, typing: Callable[[str], None]
    ) -> None:
        command.here.add_readers(2)
        for typed in ("3\n", "yes\n", "y\n2\n", "\n", ""):
            typing(typed)
            answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret)
            refused(answer, code=1, tmp_path=tmp_path, left={"passphrase"})
        assert deeds(command) == []

    def test_an_empty_list_is_not_written(self, command: Command, tmp_path: Path, secret: Path) -> None:
        answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret)
        refused(answer, code=1, tmp_path=tmp_path, left={"passphrase"})

    @pytest.mark.parametrize("late", [False, True])
    def test_a_file_that_exists_is_never_written_over(
        self,
        command: Command,
        tmp_path: Path,
        secret: Path,
        typing: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
        late: bool,
    ) -> None:
        command.here.add_readers(1)
        typing("1\n")
        file = written(tmp_path / "f", "mine")
        if late:  # it appears while the other one is written
            monkeypatch.setattr(Path, "exists", lambda self, **_: False)
        answer = command("subscribers", "export", file, "--passphrase-file", secret)
        monkeypatch.undo()
        refused(answer, code=2, tmp_path=tmp_path, left={"passphrase", "f"})
        assert answer.err.endswith(f"newsletter: {file}: there is a file already; it is never written over\n")
        assert file.read_text() == "mine"

    def test_a_folder_that_is_missing_is_named(
        self, command: Command, tmp_path: Path, secret: Path, typing: Callable[[str], None]
    ) -> None:
        command.here.add_readers(1)
        typing("1\n")
        file = tmp_path / "none" / "f"
        answer = command("subscribers", "export", file, "--passphrase-file", secret)
        refused(answer, code=2, tmp_path=tmp_path, left={"passphrase"})
        assert answer.err.endswith(f"newsletter: {file}: No such file or directory\n")

    @pytest.mark.parametrize(("fault", "code"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left"), 2)])
    def test_whoever_stops_it_in_the_middle_leaves_nothing(
        self,
        command: Command,
        tmp_path: Path,
        secret: Path,
        typing: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
        fault: BaseException,
        code: int,
    ) -> None:
        command.here.add_readers(1)
        typing("1\n")

        def stopped(out: io.BytesIO, parts: object, words: str) -> None:
            out.write(b"half of it")
            raise fault

        monkeypatch.setattr("newsletter.agefile.encrypt", stopped)
        answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret)
        refused(answer, code=code, tmp_path=tmp_path, left={"passphrase"})
        assert deeds(command) == []

    def test_a_place_that_knows_no_links_takes_it_too(
        self,
        command: Command,
        tmp_path: Path,
        secret: Path,
        typing: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def no_links(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        command.here.add_readers(1)
        monkeypatch.setattr("newsletter.privatefile.os.link", no_links)
        for code, left in ((0, {"passphrase", "f"}), (2, {"passphrase", "f"})):
            typing("1\n")
            monkeypatch.setattr(Path, "exists", lambda self, **_: False)
            answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret)
            assert answer.code == code
            assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("newsletter.")} == left
        assert len(rows(tmp_path / "f")) == 1

    def test_a_damaged_row_is_left_out_and_said(
        self, command: Command, tmp_path: Path, secret: Path, typing: Callable[[str], None]
    ) -> None:
        names = command.here.add_readers(3)
        with command.here.database.transaction() as session:
            session.execute(update(SubscriberRow).where(SubscriberRow.id == 2).values(sealed=b"x" * 60))
        typing("3\n")
        answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", secret)
        assert (answer.code, answer.out) == (1, "exported 2\n")
        assert "1 left out" in answer.err
        assert [row["email"] for row in rows(tmp_path / "f")] == [names[0], names[2]]

    @pytest.mark.parametrize(
        ("text", "mode", "fault"),
        [
            (WORDS, 0o640, "others may read the passphrase; run: chmod 600"),
            ("eleven char\n", 0o600, "the passphrase is too short: 12 characters at least"),
            ("\nsecond line\n", 0o600, "its first line is empty"),
            (None, 0, "No such file or directory"),
        ],
    )
    def test_a_passphrase_file_that_will_not_do(
        self,
        command: Command,
        tmp_path: Path,
        typing: Callable[[str], None],
        text: str | None,
        mode: int,
        fault: str,
    ) -> None:
        command.here.add_readers(1)
        typing("1\n")
        file = tmp_path / "passphrase"
        if text is not None:
            written(file, text).chmod(mode)
        answer = command("subscribers", "export", tmp_path / "f", "--passphrase-file", file)
        refused(answer, code=2, tmp_path=tmp_path, left=set() if text is None else {"passphrase"})
        assert fault in answer.err
        assert text is None or text.strip() not in answer.err

    def test_without_a_terminal_it_wants_a_file(
        self, command: Command, tmp_path: Path, typing: Callable[[str], None]
    ) -> None:
        command.here.add_readers(1)
        typing("1\n")
        answer = command("subscribers", "export", tmp_path / "f")
        refused(answer, code=2, tmp_path=tmp_path, left=set())
        assert answer.err.endswith("at; name a file: --passphrase-file\n")


TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_at_a_terminal_the_passphrase_is_asked_for_twice_and_not_shown(command: Command, tmp_path: Path) -> None:
    command.here.add_readers(1)
    file = tmp_path / "f"
    words = [sys.executable, "-m", "newsletter.cli", "subscribers", "export", str(file)]
    with subprocess.Popen(
        [sys.executable, "-c", TERMINAL, *words],
        env={**os.environ, **environment(command.here.settings)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        shown = b""
        for prompt, typed in (("to go on: ", "1"), ("Passphrase: ", WORDS), ("Once more: ", WORDS)):
            while not shown.endswith(prompt.encode()):
                shown += process.stdout.read(1)
                assert process.poll() is None or shown, shown
            process.stdin.write(f"{typed}\n".encode())
        shown += process.stdout.read()
    assert process.returncode == 0, shown
    assert b"exported 1" in shown
    assert WORDS.encode() not in shown
    assert len(rows(file)) == 1
    assert file.read_bytes().splitlines()[1].endswith(b" 18")
