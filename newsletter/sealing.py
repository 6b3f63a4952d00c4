"""Addresses at rest: sealed with one key, looked up by another, tokens signed with a third.

The keys stand in one file outside the database, a line each: `purpose kid key`.  The last line of a purpose is the
one in use; earlier ones still open what they sealed.  With key and database on one disk this protects dumps, backups
and logs, not a stolen disk.

A sealed value is `kid (4) ‖ nonce (12) ‖ AES-256-GCM`; a look-up value is `kid (4) ‖ HMAC-SHA256 cut to 16 octets`:
each names its own key, so keys can change without a column that says which.
"""

import hmac
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from newsletter.errors import OperatorError

Purpose = Literal["seal", "lookup", "token"]
KID = 4
HEADER = """\
# Keys of this newsletter.  Keep a copy of this file in a safe place, away from the database's backups:
# without it nobody, you included, can read the addresses of your readers.
"""


class KeyFileError(OperatorError):
    """The key file is missing, unreadable, open to others, or not of this database."""


class KeyFileExists(KeyFileError):
    """There is a key file, and it is never written over."""


class Unsealable(OperatorError):
    """A sealed value that no key of the file opens: wrong key file, or a row that was tampered with."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """32 octets and the id that names them."""

    kid: bytes
    secret: bytes


class Keyring:
    """The keys of one installation, the one in use last."""

    def __init__(self, keys: Mapping[Purpose, list[Key]]) -> None:
        self._keys = keys
        self._current = {purpose: found[-1] for purpose, found in keys.items()}
        self._by_kid = {(purpose, key.kid): key for purpose, found in keys.items() for key in found}
        self._ciphers = {key.kid: AESGCM(key.secret) for key in keys["seal"]}

    def seal(self, text: str, *, bound_to: bytes) -> bytes:
        """Seal `text`; only whoever names the same `bound_to` (a row's `ref`, say) opens it again."""
        kid, nonce = self._current["seal"].kid, secrets.token_bytes(12)
        return kid + nonce + self._ciphers[kid].encrypt(nonce, text.encode(), bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes) -> str:
        """Return the text that was sealed.

        Raises
        Unsealable: no such key, another row's value, or damage.
        """
        try:
            cipher = self._ciphers[sealed[:KID]]
            return cipher.decrypt(sealed[KID : KID + 12], sealed[KID + 12 :], bound_to).decode()
        except (KeyError, InvalidTag, ValueError):  # ValueError: cut so short that not even the nonce is whole
            raise Unsealable(
                f"a sealed value of key {sealed[:KID].hex()} cannot be opened with this key file"
            ) from None

    def holds(self, purpose: Purpose, value: bytes) -> bool:
        """Say whether the key that made `value` (sealed or look-up) is in this ring."""
        return (purpose, value[:KID]) in self._by_kid

    def lookup(self, text: str) -> bytes:
        """Return the 20 octets by which `text` is found, under the key in use."""
        return self._lookup(self._current["lookup"], text)

    def lookups(self, text: str) -> list[bytes]:
        """Return the look-up values under every key, for finding what an older key wrote."""
        return [self._lookup(key, text) for key in self._keys["lookup"]]

    @staticmethod
    def _lookup(key: Key, text: str) -> bytes:
        return key.kid + hmac.digest(key.secret, text.encode(), "sha256")[:16]

    def mac(self, purpose: bytes, message: bytes, *, kid: bytes | None = None) -> tuple[bytes, bytes]:
        """Return (kid, 32 octets) of `message` for `purpose` under a token key: the one in use, or `kid`'s.

        Keyed BLAKE2b (RFC 7693 section 2.9): each letter needs four, and an HMAC takes three times as long.

        Raises
        KeyError: no token key of that id.
        """
        key = self._current["token"] if kid is None else self._by_kid["token", kid]
        return key.kid, blake2b(purpose + b"\0" + message, key=key.secret, digest_size=32).digest()


def _new_line(purpose: Purpose) -> str:
    return f"{purpose} {secrets.token_hex(KID)} {b64encode(secrets.token_bytes(32)).decode()}\n"


def create_key_file(path: Path) -> None:
    """Write a new key file, mode 0600, whole or not at all.

    Raises
    KeyFileExists: there is one already (it is never written over).
    KeyFileError: the folder is not writable.
    """
    write_once(path, HEADER + "".join(_new_line(purpose) for purpose in get_args(Purpose)))


def write_once(path: Path, text: str) -> None:
    """Write a file that holds keys, mode 0600, whole or not at all.

    Raises
    KeyFileExists: there is a file already (it is never written over).
    KeyFileError: the folder is not writable.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # fails where rename would replace: two first starts leave one key file
    except FileExistsError:
        raise KeyFileExists(f"{path}: there is a key file already; it is never written over") from None
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    finally:
        with suppress(OSError):  # there is no draft, and perhaps no folder
            draft.unlink()


def read_private(path: Path) -> bytes:
    """Return what is in a file that holds keys.

    Raises
    KeyFileError: it is missing, unreadable, or others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path}: others may read the key file; run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot read the key file ({type(error).__name__})") from None


def read_key_file(path: Path) -> Keyring:
    """Read the keys.

    Raises
    KeyFileError: names the file, and the line where a line is wrong; never quotes a key.
    """
    try:
        lines = read_private(path).decode().splitlines()
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: cannot read the key file ({type(error).__name__})") from None
    keys: dict[Purpose, list[Key]] = {purpose: [] for purpose in get_args(Purpose)}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            purpose, kid, secret = line.split()
            key = Key(bytes.fromhex(kid), b64decode(secret, validate=True))
            well_formed = len(key.kid) == KID and len(key.secret) == 32
            same_name = [other for other in keys[purpose] if other.kid == key.kid]  # type: ignore[index]
        except (ValueError, KeyError, Base64Error):
            well_formed = False
        if not well_formed:
            raise KeyFileError(f"{path}:{number}: wants `purpose kid key`, as `newsletter keys new` writes it")
        if same_name:
            raise KeyFileError(f"{path}:{number}: another key of the same purpose has this id already")
        keys[purpose].append(key)  # type: ignore[index]
    for purpose, found in keys.items():
        if not found:
            raise KeyFileError(f"{path}: has no key for `{purpose}`")
    return Keyring(keys)
