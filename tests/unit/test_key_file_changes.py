"""A key file that is changed: a key more, whole or not at all, whoever else is at it, and what it holds stays."""

import fcntl
import os
import re
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from newsletter.keyfile import Key, add_next, create_key_file, has_next, read_keys, seal_with_another
from newsletter.privatefile import KeyFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "newsletter.key"
    create_key_file(path)
    return path


def seals(path: Path) -> list[Key]:
    return list(read_keys(path)["seal"])


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def in_use(path: Path) -> bytes:
    return seals(path)[-1].kid


def test_another_key_is_the_last_of_its_purpose_and_all_that_was_there_stays(path: Path) -> None:
    before, (old,) = read_keys(path), seals(path)
    text = path.read_text()
    assert seal_with_another(path, old.kid)
    assert path.read_text().startswith(text)
    after = read_keys(path)
    assert [after[one] for one in ("lookup", "token")] == [before[one] for one in ("lookup", "token")]
    first, second = after["seal"]
    assert (first, second.kid != old.kid, second.secret != old.secret) == (old, True, True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(path) == [path.name]


def test_who_saw_an_older_key_in_use_adds_none(path: Path) -> None:
    old = in_use(path)
    assert seal_with_another(path, old)
    assert not seal_with_another(path, old)
    assert len(seals(path)) == 2


def test_a_next_key_opens_and_does_not_seal_until_it_is_put_in_use(path: Path) -> None:
    (old,) = seals(path)
    assert not has_next(path)
    assert add_next(path)
    assert has_next(path)
    assert not add_next(path)  # one at a time
    coming, current = seals(path)
    assert current == old
    assert seal_with_another(path, old.kid)
    assert seals(path) == [old, coming]
    assert not has_next(path)


def test_a_next_key_alone_is_no_sealing_key(path: Path) -> None:
    path.write_text(re.sub("^seal", "next", path.read_text(), flags=re.MULTILINE))
    with pytest.raises(KeyFileError, match="has no key for `seal`"):
        read_keys(path)


@pytest.mark.parametrize("purpose", ["seal", "next"])
def test_a_next_key_may_not_share_its_id_with_a_sealing_key(path: Path, purpose: str) -> None:
    add_next(path)
    kid = seals(path)[purpose == "seal"].kid.hex()
    secret = path.read_text().split()[-1]
    path.write_text(path.read_text() + f"{purpose} {kid} {secret}\n")
    with pytest.raises(KeyFileError, match="another key of the same purpose has this id already"):
        read_keys(path)


def test_a_file_without_an_end_of_its_last_line_is_not_run_together(path: Path) -> None:
    path.write_text(path.read_text().rstrip("\n"))
    assert seal_with_another(path, in_use(path))
    assert len(seals(path)) == 2


def test_of_many_at_once_one_adds_the_key(path: Path) -> None:
    old, start, added = in_use(path), Barrier(8), list[bool]()

    def add() -> None:
        start.wait()
        added.append(seal_with_another(path, old))

    threads = [Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False] * 7 + [True]
    assert len(seals(path)) == 2


def test_of_many_who_each_add_a_key_nobody_takes_anothers_away(path: Path) -> None:
    start = Barrier(8)

    def add() -> None:
        start.wait()
        for _ in range(5):
            while not seal_with_another(path, in_use(path)):
                continue

    threads = [Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seals(path)) == 1 + 8 * 5


def test_who_waited_for_a_file_that_was_replaced_waits_for_the_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, text, asked, done = in_use(path), path.read_text(), Event(), Event()
    flock = fcntl.flock

    def told(file: int, how: int) -> None:
        asked.set()
        flock(file, how)

    def add() -> None:
        assert seal_with_another(path, old)
        done.set()

    with path.open("r+") as first:
        flock(first, fcntl.LOCK_EX)
        monkeypatch.setattr("newsletter.privatefile.fcntl.flock", told)
        other = Thread(target=add)
        other.start()
        asked.wait()  # for the file that is about to go
        path.unlink()
        path.write_text(text)
        path.chmod(0o600)
        with path.open("r+") as second:
            flock(second, fcntl.LOCK_EX)
            flock(first, fcntl.LOCK_UN)
            assert not done.wait(0.3)
    other.join()
    assert len(seals(path)) == 2


def test_a_fault_on_the_way_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("newsletter.privatefile.os.fsync", full)
    with pytest.raises(KeyFileError, match=rf"{path}: cannot replace the key file \(No space left on device\)"):
        seal_with_another(path, in_use(path))
    assert path.read_bytes() == before
    assert names(path) == [path.name]


def test_a_file_that_others_may_read_is_not_changed(path: Path) -> None:
    old, before = in_use(path), path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read the key file"):
        seal_with_another(path, old)
    assert path.read_bytes() == before


def test_the_draft_of_somebody_who_was_killed_is_taken_away(path: Path) -> None:
    (path.parent / f".{path.name}.0123abcd").write_text("keys")
    (path.parent / f".{path.name}.backup-of").write_text("mine")
    assert seal_with_another(path, in_use(path))
    assert names(path) == [f".{path.name}.backup-of", path.name]


def test_a_link_to_the_key_file_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.key"
    link.symlink_to(path)
    assert seal_with_another(link, in_use(path))
    assert link.is_symlink()
    assert len(seals(path)) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_leaves_the_file_to_its_owner(path: Path) -> None:
    os.chown(path, 65534, 65534)
    assert seal_with_another(path, in_use(path))
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)
