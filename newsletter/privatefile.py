"""Files that only their owner may read, keys above all: written whole or not at all, refused when others may read."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import OperatorError


class KeyFileError(OperatorError):
    """A file that holds keys is missing, unreadable, open to others, or not of this database."""


class KeyFileExists(KeyFileError):
    """There is a key file, and it is never written over."""


def read_private(path: Path, *, what: str = "key file", most: int = -1) -> bytes:
    """Return what is in a file that holds keys, or something as secret; `most`: no more octets than that.

    Raises
    KeyFileError: it is missing, unreadable, or others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path}: others may read the {what}; run: chmod 600 {path}")
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot read the {what} ({error.strerror})") from None


def write_once(path: Path, text: str) -> None:
    """Write a file that holds keys, mode 0600, whole or not at all.

    Raises
    KeyFileExists: there is a file already (it is never written over).
    KeyFileError: the folder is not writable.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new_file(path) as file:  # two first starts leave one key file
            file.write(text.encode())
    except FileExistsError:
        raise KeyFileExists(f"{path}: there is a key file already; it is never written over") from None
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None


def rewrite(path: Path, change: Callable[[bytes], str | None]) -> bool:
    """Put what `change` makes of a file that holds keys in its place, whole or not at all; False if it made None.

    One after the other, also among processes.  The owner stays who it was, also when root does it; the mode is 0600.

    Raises
    KeyFileError: it cannot be read, or not be replaced; then it is what it was.
    """
    path = path.resolve()  # a link stays one
    try:
        with _locked(path) as now:
            text = change(read_private(path))
            if text is None:
                return False
            for left_behind in path.parent.glob(f".{path.name}.{'[0-9a-f]' * 8}"):
                left_behind.unlink()  # by somebody who was killed: it holds keys
            with _draft(path) as (draft, file):
                file.write(text.encode())
                if (now.st_uid, now.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), now.st_uid, now.st_gid)
                _to_disk(file)
                draft.replace(path)
            _sync(path.parent)
            return True
    except OSError as error:
        raise KeyFileError(f"{path}: cannot replace the key file ({error.strerror})") from None


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file, mode 0600, that gets its name when everything is written, and is gone if anything goes wrong.

    Raises
    FileExistsError: there is a file already (it is never written over).
    OSError: the folder is missing or cannot be written, or its disk is full.
    """
    with _draft(path) as (draft, file):
        yield file
        _to_disk(file)
        try:
            os.link(draft, path)  # fails where rename would replace
        except PermissionError:  # a file system without links, as on a stick: the name is taken, then given away
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            draft.replace(path)
    _sync(path.parent)


@contextmanager
def _locked(path: Path) -> Iterator[os.stat_result]:
    """Hold the file alone.  Who waited finds another in its place, and waits for that one."""
    while True:
        held = os.open(path, os.O_RDWR)  # to write, although nothing is written here: NFS asks for it
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            now = os.fstat(held)
            if os.path.samestat(now, path.stat()):
                yield now
                return
        finally:
            os.close(held)


@contextmanager
def _draft(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a file beside `path`, mode 0600, that is gone afterwards, unless it was given another name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield draft, file
    finally:
        with suppress(OSError):  # there is no draft, and perhaps no folder
            draft.unlink()


def _to_disk(file: BinaryIO) -> None:
    """Have on disk what was written: a name that outlives a power cut must not stand for half a file."""
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have a folder's names on disk: nothing may be sealed with a key that a power cut would take away again."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
