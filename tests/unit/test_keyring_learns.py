"""A ring in a process that runs: it learns a key that is added to its file, and holds on to those that it has."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest

from newsletter.keyfile import Keys, add_next, create_key_file, read_keys, seal_with_another
from newsletter.sealing import Keyring, Unsealable, read_key_file
from newsletter.tokens import Purpose, make, read

REF = b"anna's 8"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "newsletter.key"
    create_key_file(path)
    return path


@pytest.fixture
def running(path: Path) -> Keyring:
    """The ring of a process that was started before anything changed."""
    return read_key_file(path)


def rotate(path: Path) -> Keyring:
    """Put another key in use; return the ring of a process that starts now."""
    assert seal_with_another(path, read_key_file(path).in_use("seal"))
    return read_key_file(path)


def append(path: Path, purpose: str) -> None:
    """Add a key of that purpose by hand."""
    other = path.with_name("other.key")
    other.unlink(missing_ok=True)
    create_key_file(other)
    lines = [line for line in other.read_text().splitlines() if line.startswith(purpose)]
    path.write_text(path.read_text() + "\n".join(lines) + "\n")


def test_it_opens_what_was_sealed_with_a_key_that_came_later(path: Path, running: Keyring) -> None:
    sealed = rotate(path).seal("anna@example.org", bound_to=REF)
    assert running.open(sealed, bound_to=REF) == "anna@example.org"


def test_it_seals_with_the_new_key_as_soon_as_it_stands_in_the_file(path: Path, running: Keyring) -> None:
    old = running.seal("anna@example.org", bound_to=REF)
    new = rotate(path)
    assert running.seal("a", bound_to=REF)[:4] == new.in_use("seal") == running.in_use("seal") != old[:4]
    assert running.open(old, bound_to=REF) == "anna@example.org"


def test_a_next_key_is_learned_and_not_sealed_with(path: Path, running: Keyring, tmp_path: Path) -> None:
    """Two hosts: one puts the key in use, the other has a copy in which it is still to come."""
    add_next(path)
    shutil.copy(path, tmp_path / "elsewhere.key")
    new = rotate(tmp_path / "elsewhere.key")
    assert running.open(new.seal("anna@example.org", bound_to=REF), bound_to=REF) == "anna@example.org"
    assert new.open(running.seal("anna@example.org", bound_to=REF), bound_to=REF) == "anna@example.org"
    assert running.in_use("seal") != new.in_use("seal")


def test_it_says_that_it_holds_what_it_can_learn(path: Path, running: Keyring) -> None:
    assert running.holds("seal", rotate(path).seal("a", bound_to=REF))
    assert not running.holds("seal", b"none of ours")


def test_look_ups_and_tokens_are_learned_too(path: Path, running: Keyring) -> None:
    append(path, "lookup")
    append(path, "token")
    new = read_key_file(path)
    assert read(running, Purpose.LEAVE, make(new, Purpose.LEAVE, REF)) == REF
    assert running.lookups("anna@example.org") == new.lookups("anna@example.org")
    assert len(running.lookups("anna@example.org")) == 2
    assert running.lookup("anna@example.org") == new.lookup("anna@example.org")


@pytest.mark.parametrize("content", ["", "seal nonsense\n", "half"], ids=["empty", "nonsense", "half copied"])
def test_a_file_that_is_not_fit_for_use_is_left_until_it_changes_again(
    path: Path, running: Keyring, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    later = rotate(path).seal("a", bound_to=REF)
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2] if content == "half" else content)
    for _ in range(2):
        with pytest.raises(Unsealable):
            running.open(later, bound_to=REF)
        assert running.open(running.seal("a", bound_to=REF), bound_to=REF) == "a"
    (said,) = caplog.records
    assert (said.levelno, said.getMessage().startswith(str(path))) == (logging.WARNING, True)
    path.write_text(whole)
    assert running.open(later, bound_to=REF) == "a"


def test_one_that_others_may_read_is_not_learned_from_until_that_is_mended(path: Path, running: Keyring) -> None:
    later = rotate(path).seal("a", bound_to=REF)
    path.chmod(0o644)
    with pytest.raises(Unsealable):
        running.open(later, bound_to=REF)
    path.chmod(0o600)
    assert running.open(later, bound_to=REF) == "a"


def test_a_file_that_went_away_takes_no_key_along(path: Path, running: Keyring) -> None:
    path.unlink()
    assert running.open(running.seal("a", bound_to=REF), bound_to=REF) == "a"


def test_the_file_of_another_installation_is_not_taken(
    path: Path, running: Keyring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    create_key_file(tmp_path / "other.key")
    shutil.copy(tmp_path / "other.key", path)
    kid = running.seal("a", bound_to=REF)[:4]
    assert kid != read_key_file(path).in_use("seal")
    assert "lacks a key that is in use" in caplog.text


def test_a_key_that_was_taken_out_is_kept_as_long_as_the_process_runs(path: Path, running: Keyring) -> None:
    old = running.seal("a", bound_to=REF)
    rotate(path)
    assert running.in_use("seal") != old[:4]
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if old[:4].hex() not in line) + "\n")
    third = rotate(path)
    assert running.in_use("seal") == third.in_use("seal")
    assert running.open(old, bound_to=REF) == "a"
    with pytest.raises(Unsealable):
        third.open(old, bound_to=REF)


def test_the_file_is_read_when_it_has_changed_and_not_otherwise(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def counted(path: Path) -> Keys:
        reads.append(path)
        return read_keys(path)

    monkeypatch.setattr("newsletter.sealing.read_keys", counted)
    running = read_key_file(path)
    for _ in range(100):
        running.seal("a", bound_to=REF)
        with pytest.raises(Unsealable):
            running.open(b"\xff" * 50, bound_to=REF)
    assert len(reads) == 1


def test_a_ring_without_a_file_has_nothing_to_learn(path: Path) -> None:
    made = Keyring(read_keys(path))
    with pytest.raises(Unsealable):
        made.open(rotate(path).seal("a", bound_to=REF), bound_to=REF)


def test_many_threads_learn_at_once(path: Path, running: Keyring) -> None:
    new, start, faults = rotate(path), Barrier(8), list[Exception]()
    values = [new.seal(f"reader-{number}", bound_to=REF) for number in range(50)]

    def use(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except Exception as fault:
            faults.append(fault)

    def open_all() -> None:
        assert [running.open(value, bound_to=REF) for value in values] == [f"reader-{n}" for n in range(50)]

    threads = [Thread(target=use, args=[open_all]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
