"""The key file: made once, readable by its owner alone, and never quoted."""

from base64 import b64encode
from pathlib import Path
from threading import Barrier, Thread

import pytest

from newsletter.keyfile import create_key_file
from newsletter.privatefile import KeyFileError, KeyFileExists
from newsletter.sealing import read_key_file

SECRET = b64encode(b"\xa5" * 32).decode()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "newsletter.key"
    create_key_file(path)
    return path


def rewritten(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "newsletter.key"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["newsletter.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_one_that_others_may_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyFileError, match=f"others may read the key file; run: chmod 600 {key_file}"):
        read_key_file(key_file)


def test_it_is_never_written_over(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(KeyFileExists):
        create_key_file(key_file)
    assert key_file.read_bytes() == before
    assert list(key_file.parent.iterdir()) == [key_file]


def test_of_many_who_make_it_at_once_one_wins_and_its_file_is_whole(tmp_path: Path) -> None:
    path, start, outcomes = tmp_path / "newsletter.key", Barrier(8), list[str]()

    def make() -> None:
        start.wait()
        try:
            create_key_file(path)
            outcomes.append("made")
        except KeyFileExists:
            outcomes.append("there")

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made"] + ["there"] * 7
    assert list(tmp_path.iterdir()) == [path]
    read_key_file(path)


def test_a_place_that_knows_no_links_takes_it_too_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "newsletter.key"
    monkeypatch.setattr("newsletter.privatefile.os.link", no_links)
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    read_key_file(path)
    test_it_is_never_written_over(path)


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "newsletter.key"
    monkeypatch.setattr("newsletter.privatefile.os.fsync", full)
    with pytest.raises(KeyFileError, match=f"{path}: No space left on device"):
        create_key_file(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match=str(tmp_path / "file")):
        create_key_file(tmp_path / "file" / "newsletter.key")


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        f"seal 00000001 {SECRET} more",
        f"seel 00000001 {SECRET}",
        f"seal 0000001 {SECRET}",
        f"seal 000000zz {SECRET}",
        f"seal 0000000100 {SECRET}",
        f"seal 00000001 {SECRET[:-4]}",
        f"seal 00000001 {SECRET[:-1]}",
        "seal 00000001 not!base64",
    ],
)
def test_a_wrong_line_is_named_by_its_number_and_no_key_is_quoted(key_file: Path, line: str) -> None:
    text = key_file.read_text()
    number = len(text.splitlines()) + 1
    with pytest.raises(KeyFileError) as caught:
        read_key_file(rewritten(key_file, text + line + "\n"))
    assert str(caught.value).startswith(f"{key_file}:{number}: wants `purpose kid key`")
    for secret in [SECRET[:8], *(one.split()[2] for one in text.splitlines() if not one.startswith("#"))]:
        assert secret not in str(caught.value)


def test_two_keys_of_one_purpose_may_not_share_an_id(key_file: Path) -> None:
    text = key_file.read_text()
    kid = next(line.split()[1] for line in text.splitlines() if line.startswith("seal"))
    with pytest.raises(KeyFileError, match="another key of the same purpose has this id already"):
        read_key_file(rewritten(key_file, text + f"seal {kid} {SECRET}\n"))


@pytest.mark.parametrize("purpose", ["seal", "lookup", "token"])
def test_a_purpose_without_a_key_is_named(key_file: Path, purpose: str) -> None:
    lines = [line for line in key_file.read_text().splitlines() if not line.startswith(purpose)]
    with pytest.raises(KeyFileError, match=f"has no key for `{purpose}`"):
        read_key_file(rewritten(key_file, "\n".join(lines)))


def test_one_that_is_missing_or_no_text_is_named(tmp_path: Path, key_file: Path) -> None:
    key_file.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", key_file):
        with pytest.raises(KeyFileError, match=f"{path}: cannot read the key file"):
            read_key_file(path)
