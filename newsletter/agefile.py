"""Files encrypted with a passphrase in the `age` format, version 1: `age --decrypt FILE` opens them.

By the specification at c2sp.org/age, from primitives of `cryptography`, and tested against another implementation.  A
library would pick the cost of a guess by the speed of the moment (little on a busy machine, a gigabyte on an idle one)
and would hold the whole file in memory; here the cost is that of `age` itself, and the file streams.
"""

import hmac
import io
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from newsletter.errors import OperatorError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAGIC: Final = b"age-encryption.org/v1\n"
CHUNK = 64 * 1024
TAG = 16
NONCE = 16
WORK = 18
"""Binary logarithm of the cost of one guess at the passphrase: about a second and 256 MiB, as `age` has it."""

MOST_WORK = 22
LONGEST_LINE = 1000
STANZA = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n")


class NotOpened(OperatorError):
    """The passphrase is another one, or the file is cut, changed or encrypted in another way: nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("the encrypted file cannot be opened: another passphrase, or it is damaged")


def is_encrypted(head: bytes) -> bool:
    """Say whether a file that begins so is one of these."""
    return head.startswith(MAGIC)


def encrypt(out: BinaryIO, parts: Iterable[bytes], passphrase: str, *, work: int = WORK) -> None:
    """Write all `parts` to `out`, encrypted; at most a chunk of 64 KiB is held."""
    file_key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(NONCE)
    wrapped = ChaCha20Poly1305(_wrap_key(passphrase, salt, work)).encrypt(bytes(12), file_key, None)
    header = MAGIC + b"-> scrypt %s %d\n%s\n---" % (_base64(salt), work, _base64(wrapped))
    out.write(header + b" " + _base64(_mac(file_key, header)) + b"\n" + nonce)
    cipher, number, held = _payload_cipher(file_key, nonce), 0, bytearray()
    for part in parts:
        held += part
        while len(held) > CHUNK:  # not `>=`: what may be the last chunk waits for what follows
            out.write(cipher.encrypt(_nth(number), bytes(held[:CHUNK]), None))
            del held[:CHUNK]
            number += 1
    out.write(cipher.encrypt(_nth(number, last=True), bytes(held), None))


def decrypt(file: BinaryIO, passphrase: str) -> BinaryIO:
    """Return what `file` holds, as a file to read from; it is decrypted, and found to be whole, as it is read.

    Raises
    NotOpened: also later, when the damaged place is read.
    """
    header = _line(file)
    stanza, wrapped = STANZA.fullmatch(second := _line(file)), _line(file)
    header += second + wrapped
    mac = _line(file)
    nonce = file.read(NONCE)
    if stanza is None or not is_encrypted(header) or not mac.startswith(b"--- ") or len(nonce) < NONCE:
        raise NotOpened
    salt, work = _octets(stanza[1]), int(stanza[2])
    if work > MOST_WORK:  # it would take all memory there is
        raise NotOpened
    try:
        file_key = ChaCha20Poly1305(_wrap_key(passphrase, salt, work)).decrypt(bytes(12), _octets(wrapped[:-1]), None)
    except InvalidTag:
        raise NotOpened from None
    if not hmac.compare_digest(_mac(file_key, header + b"---"), _octets(mac[4:-1])):
        raise NotOpened
    return io.BufferedReader(_Payload(file, _payload_cipher(file_key, nonce)), CHUNK)


class _Payload(io.RawIOBase):
    """The chunks of a file, decrypted one after the other."""

    def __init__(self, file: BinaryIO, cipher: ChaCha20Poly1305) -> None:
        self._file = file
        self._cipher = cipher
        self._number = 0
        self._held = b""
        self._ahead = file.read(CHUNK + TAG)
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self._held and not self._over:
            self._held = self._next()
        with memoryview(buffer) as view:
            some = self._held[: view.nbytes]
            view[: len(some)] = some
        self._held = self._held[len(some) :]
        return len(some)

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._file.read(CHUNK + TAG)
        self._over = not self._ahead
        try:
            plain = self._cipher.decrypt(_nth(self._number, last=self._over), chunk, None)
        except InvalidTag:
            raise NotOpened from None
        if not plain and self._number:  # an empty last chunk stands only in an empty file
            raise NotOpened
        self._number += 1
        return plain


def _line(file: BinaryIO) -> bytes:
    return file.readline(LONGEST_LINE)


def _wrap_key(passphrase: str, salt: bytes, work: int) -> bytes:
    scrypt = Scrypt(salt=MAGIC.rstrip() + b"/scrypt" + salt, length=32, n=1 << work, r=8, p=1)
    return scrypt.derive(passphrase.encode())


def _derived(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, None, b"header"), header, "sha256")


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))


def _nth(number: int, *, last: bool = False) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _base64(octets: bytes) -> bytes:
    return b64encode(octets).rstrip(b"=")


def _octets(text: bytes) -> bytes:
    try:
        octets = b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except Base64Error:
        raise NotOpened from None
    if _base64(octets) != text:  # the last character has bits to spare, which must be none
        raise NotOpened
    return octets
