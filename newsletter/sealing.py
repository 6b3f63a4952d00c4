"""Addresses at rest: sealed with one key, looked up by another, tokens signed with a third.

The keys stand in one file outside the database (`keyfile.py`).  With key and database on one disk this protects dumps,
backups and logs, not a stolen disk.

A sealed value is `kid (4) ‖ nonce (12) ‖ AES-256-GCM`; a look-up value is `kid (4) ‖ HMAC-SHA256 cut to 16 octets`:
each names its own key, so keys can change without a column that says which.
"""

import hmac
import logging
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from newsletter.errors import OperatorError
from newsletter.keyfile import KID, Key, Keys, Looks, Purpose, looks_of, read_keys
from newsletter.privatefile import KeyFileError

log = logging.getLogger(__name__)


class Unsealable(OperatorError):
    """A sealed value that no key of the file opens: wrong key file, or a row that was tampered with."""


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    """The keys as they were read once; never changed, so that threads need no lock to use them."""

    keys: Keys
    current: dict[Purpose, Key]
    by_kid: dict[tuple[Purpose, bytes], Key]
    ciphers: dict[bytes, AESGCM]
    scramblers: dict[bytes, tuple[CipherContext, CipherContext]]  # there and back, of each token key

    @classmethod
    def of(cls, keys: Keys) -> Self:
        current = {purpose: found[-1] for purpose, found in keys.items()}
        by_kid = {(purpose, key.kid): key for purpose, found in keys.items() for key in found}
        ciphers = {key.kid: AESGCM(key.secret) for key in keys["seal"]}
        return cls(keys, current, by_kid, ciphers, {key.kid: _scrambler(key) for key in keys["token"]})


class Keyring:
    """The keys of one installation, the one in use last.

    A ring that was read from a file learns what is added to it while the process runs: it looks at the file before it
    seals or looks up, so that a new key is in use in every process as soon as it stands there, and again when it meets
    the id of a key that it does not know.  The file is read only when it has changed.  Any thread may use the ring.
    """

    def __init__(self, keys: Keys, *, file: Path | None = None, read_at: Looks | None = None) -> None:
        self._held = _Held.of(keys)
        self._file = file
        self._read_at = read_at
        self._learning = Lock()

    def seal(self, text: str, *, bound_to: bytes) -> bytes:
        """Seal `text`; only whoever names the same `bound_to` (a row's `ref`, say) opens it again."""
        return self.seal_octets(text.encode(), bound_to=bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes) -> str:
        """Return the text that was sealed.

        Raises
        Unsealable: no such key, another row's value, or damage.
        """
        return self.open_octets(sealed, bound_to=bound_to).decode()

    def seal_octets(self, octets: bytes, *, bound_to: bytes) -> bytes:
        """Seal what is no text, as `seal` does."""
        held = self._newest()
        kid, nonce = held.current["seal"].kid, secrets.token_bytes(12)
        return kid + nonce + held.ciphers[kid].encrypt(nonce, octets, bound_to)

    def open_octets(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Return what was sealed.

        Raises
        Unsealable: as `open` does.
        """
        try:
            cipher = self._knowing("seal", sealed[:KID]).ciphers[sealed[:KID]]
            return cipher.decrypt(sealed[KID : KID + 12], sealed[KID + 12 :], bound_to)
        except (KeyError, InvalidTag, ValueError):  # ValueError: cut so short that not even the nonce is whole
            raise Unsealable(
                f"a sealed value of key {sealed[:KID].hex()} cannot be opened with this key file"
            ) from None

    def in_use(self, purpose: Purpose) -> bytes:
        """Return the id of the key in use."""
        return self._newest().current[purpose].kid

    def holds(self, purpose: Purpose, value: bytes) -> bool:
        """Say whether the key that made `value` (sealed or look-up) is in this ring."""
        return (purpose, value[:KID]) in self._knowing(purpose, value[:KID]).by_kid

    def lookup(self, text: str) -> bytes:
        """Return the 20 octets by which `text` is found, under the key in use."""
        return self._lookup(self._newest().current["lookup"], text)

    def lookups(self, text: str) -> list[bytes]:
        """Return the look-up values under every key, for finding what an older key wrote."""
        return [self._lookup(key, text) for key in self._newest().keys["lookup"]]

    @staticmethod
    def _lookup(key: Key, text: str) -> bytes:
        return key.kid + hmac.digest(key.secret, text.encode(), "sha256")[:16]

    def mac(self, purpose: bytes, message: bytes, *, kid: bytes | None = None) -> tuple[bytes, bytes]:
        """Return (kid, 32 octets) of `message` for `purpose` under a token key: the one in use, or `kid`'s.

        Keyed BLAKE2b (RFC 7693 section 2.9): each letter needs four, and an HMAC takes three times as long.

        Raises
        KeyError: no token key of that id.
        """
        key = self._held.current["token"] if kid is None else self._knowing("token", kid).by_kid["token", kid]
        return key.kid, blake2b(purpose + b"\0" + message, key=key.secret, digest_size=32).digest()

    def scramble(self, block: bytes) -> bytes:
        """Return what stands for 16 octets under the token key in use; whoever lacks it sees noise.

        One block of AES, a keyed permutation: as good as a keyed hash for telling nothing, and we can go back.
        """
        held = self._held
        return held.scramblers[held.current["token"].kid][0].update(block)

    def unscramble(self, block: bytes) -> list[bytes]:
        """Return what 16 octets may stand for, under each token key; whoever asks knows which makes sense."""
        return [back.update(block) for _, back in self._newest().scramblers.values()]

    def _knowing(self, purpose: Purpose, kid: bytes) -> _Held:
        held = self._held
        return held if (purpose, kid) in held.by_kid else self._newest()

    def _newest(self) -> _Held:
        if self._file is not None and looks_of(self._file) not in (self._read_at, None):
            with self._learning:
                self._learn(self._file)
        return self._held

    def _learn(self, file: Path) -> None:
        looks = looks_of(file)  # before it is read: what changes meanwhile is seen the next time
        if looks in (self._read_at, None):  # somebody was before us
            return
        try:
            self._take(file, read_keys(file))
        except KeyFileError as error:  # half copied, perhaps: it will change once more
            log.warning("%s; going on with the keys read before", error)
        self._read_at = looks  # last: whoever sees this sees the new keys, too

    def _take(self, file: Path, found: Keys) -> None:
        held = self._held
        if any(key not in found[purpose] for purpose, key in held.current.items()):
            log.warning("%s: lacks a key that is in use; going on with the keys read before", file)
            return
        # Values sealed with a key that was taken out may still be in somebody's hand.
        lost = {purpose: [key for key in keys if key not in found[purpose]] for purpose, keys in held.keys.items()}
        self._held = _Held.of({purpose: [*lost[purpose], *keys] for purpose, keys in found.items()})


def _scrambler(key: Key) -> tuple[CipherContext, CipherContext]:
    # A key of its own, drawn from the token key.  Block by block there is no state: any thread may use both.
    cipher = Cipher(AES(blake2b(b"scramble", key=key.secret, digest_size=32).digest()), ECB())  # noqa: S305  # one block
    return cipher.encryptor(), cipher.decryptor()


def read_key_file(path: Path) -> Keyring:
    """Read the keys; the ring learns what is added to the file later.

    Raises
    KeyFileError: names the file, and the line where a line is wrong; never quotes a key.
    """
    looks = looks_of(path)
    return Keyring(read_keys(path), file=path, read_at=looks)
