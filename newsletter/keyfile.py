"""The key file of an installation: a line for each key, `purpose kid key`, outside the database.

The last line of a purpose is the key in use; earlier ones still open, find and recognise what they made.  A line that
begins with `next` is a sealing key to come: it opens, and seals nothing until `seal_with_another` puts it in use.  So
it can be brought to every host before anything is sealed with it.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from newsletter.privatefile import KeyFileError, read_private, rewrite, write_once

Purpose = Literal["seal", "lookup", "token"]
NEXT = "next"
KID = 4
SECRET = 32
HEADER = """\
# Keys of this newsletter.  Keep a copy of this file in a safe place, away from the database's backups:
# without it nobody, you included, can read the addresses of your readers.
"""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """32 octets and the id that names them."""

    kid: bytes
    secret: bytes


Keys: TypeAlias = Mapping[Purpose, Sequence[Key]]
"""The keys of each purpose, the one in use last."""


Looks: TypeAlias = tuple[int, ...]
"""How a file looks from outside: other content, another owner or another mode make it look otherwise."""


def read_keys(path: Path) -> Keys:
    """Read a key file.

    Raises
    KeyFileError: names the file, and the line where a line is wrong; never quotes a key.
    """
    return _keys(path, read_private(path))


def looks_of(path: Path) -> Looks | None:
    """Return how a key file looks, without reading it (some microseconds); None: there is none."""
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_dev, now.st_ino, now.st_size, now.st_ctime_ns


def create_key_file(path: Path) -> None:
    """Write a new key file, mode 0600, whole or not at all.

    Raises
    KeyFileExists: there is one already (it is never written over).
    KeyFileError: the folder is not writable.
    """
    write_once(path, HEADER + "".join(_new_line(purpose) + "\n" for purpose in get_args(Purpose)))


def add_next(path: Path) -> bool:
    """Add a sealing key that opens and does not seal yet; False if there is one already.

    Raises
    KeyFileError
    """

    def change(octets: bytes) -> str | None:
        _keys(path, octets)
        lines = octets.decode().splitlines()
        return None if any(map(_is_next, lines)) else _text([*lines, _new_line(NEXT)])

    return rewrite(path, change)


def has_next(path: Path) -> bool:
    """Say whether there is a sealing key that is not in use yet.

    Raises
    KeyFileError
    """
    octets = read_private(path)
    _keys(path, octets)
    return any(map(_is_next, octets.decode().splitlines()))


def seal_with_another(path: Path, than: bytes) -> bool:
    """Put another sealing key in use: the next one if there is one, else a new one.

    False if one other `than` that (its id) is in use already: somebody else was first.

    Raises
    KeyFileError
    """

    def change(octets: bytes) -> str | None:
        if _keys(path, octets)["seal"][-1].kid != than:
            return None
        lines = octets.decode().splitlines()
        ahead = next(filter(_is_next, lines), None)
        if ahead is None:
            return _text([*lines, _new_line("seal")])
        lines.remove(ahead)
        return _text([*lines, "seal " + " ".join(ahead.split()[1:])])

    return rewrite(path, change)


def _new_line(purpose: str) -> str:
    return f"{purpose} {secrets.token_hex(KID)} {b64encode(secrets.token_bytes(SECRET)).decode()}"


def _is_next(line: str) -> bool:
    return line.split()[:1] == [NEXT]


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _keys(path: Path, octets: bytes) -> Keys:
    try:
        lines = octets.decode().splitlines()
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: cannot read the key file ({type(error).__name__})") from None
    keys: dict[Purpose, list[Key]] = {purpose: [] for purpose in get_args(Purpose)}
    ahead: list[Key] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            purpose, kid, secret = line.split()
            key = Key(bytes.fromhex(kid), b64decode(secret, validate=True))
            well_formed = len(key.kid) == KID and len(key.secret) == SECRET
            mine = ahead if purpose == NEXT else keys[purpose]  # type: ignore[index]
        except (ValueError, KeyError, Base64Error):
            well_formed = False
        if not well_formed:
            raise KeyFileError(f"{path}:{number}: wants `purpose kid key`, as `newsletter keys new` writes it")
        rivals = [*ahead, *keys["seal"]] if purpose in (NEXT, "seal") else mine
        if any(other.kid == key.kid for other in rivals):
            raise KeyFileError(f"{path}:{number}: another key of the same purpose has this id already")
        mine.append(key)
    for one, found in keys.items():
        if not found:
            raise KeyFileError(f"{path}: has no key for `{one}`")
    return {**keys, "seal": [*ahead, *keys["seal"]]}
