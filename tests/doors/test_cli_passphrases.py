"""What is read of a passphrase file: its first line, and never more than that can be."""

from pathlib import Path

import pytest

from newsletter.cli.passphrases import LONGEST, BadPassphrase, known_passphrase
from newsletter.privatefile import KeyFileError


def written(path: Path, octets: bytes) -> Path:
    path.write_bytes(octets)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("octets", "passphrase"),
    [
        (b"five words are enough", "five words are enough"),
        (b"five words are enough\nand more\n", "five words are enough"),
        (b"five words are enough\r\nand more\r\n", "five words are enough"),
        (b"five words are enough\rand more", "five words are enough"),
        ("пяць\u2028слоў\x0b хопіць \n".encode(), "пяць\u2028слоў\x0b хопіць "),
        (("ў" * LONGEST + "!").encode(), "ў" * LONGEST),
        (("aў" * 3 * LONGEST).encode(), "aў" * (LONGEST // 2)),
    ],
    ids=["bare", "lf", "crlf", "cr", "odd blanks", "long", "cut in a letter"],
)
def test_it_is_the_first_line(tmp_path: Path, octets: bytes, passphrase: str) -> None:
    assert known_passphrase(written(tmp_path / "passphrase", octets)) == passphrase


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = written(tmp_path / "passphrase", b"w" * LONGEST)
    with file.open("r+b") as endless:
        endless.truncate(1 << 40)  # a terabyte that takes no room
    assert known_passphrase(file) == "w" * LONGEST


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    file = written(tmp_path / "passphrase", b"\xff\xfe words")
    with pytest.raises(BadPassphrase, match=f"{file}: not UTF-8"):
        known_passphrase(file)


def test_one_that_cannot_be_read_is_called_a_passphrase(tmp_path: Path) -> None:
    (tmp_path / "passphrase").mkdir(mode=0o700)
    with pytest.raises(KeyFileError, match=r"passphrase: cannot read the passphrase \(Is a directory\)"):
        known_passphrase(tmp_path / "passphrase")
