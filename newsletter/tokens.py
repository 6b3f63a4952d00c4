"""Tokens in links and return paths: they name a reader's `ref`, for one purpose, and cannot be made up.

A token is `kid (4) ‖ ref (8) ‖ keyed BLAKE2b cut to 13 octets`, in lower-case hexadecimal: 50 characters, always; short
enough for a local part (64 octets, RFC 5321 section 4.5.3.1.1) behind a prefix, and safe in a URL.  Base32 would be ten
characters shorter and thirty times slower, and each letter has four.
"""

import hmac
from enum import StrEnum

from newsletter.errors import ReaderError
from newsletter.keyfile import KID
from newsletter.sealing import Keyring

REF = 8
MAC = 13
LENGTH = 2 * (KID + REF + MAC)


class Purpose(StrEnum):
    """What a token is good for; one for another purpose is as good as none."""

    LEAVE = "leave"
    PREFERENCES = "preferences"
    BOUNCE = "bounce"
    CONFIRM = "confirm"
    ACCESS = "access"
    FORM = "form"  # names no reader but the time when a form was shown


class ForeignToken(ReaderError):
    """The link was cut, mistyped, made up, or is for something else.  Says no more, on purpose."""

    def __init__(self) -> None:
        super().__init__("this link is not complete or not ours")


def make(keyring: Keyring, purpose: Purpose, ref: bytes) -> str:
    """Return the token that names `ref` (8 octets) for `purpose`, under the token key in use."""
    kid, mac = keyring.mac(purpose.encode(), ref)
    return (kid + ref + mac[:MAC]).hex()


def read(keyring: Keyring, purpose: Purpose, token: str) -> bytes:
    """Return the `ref` that `token` names; keys that are no longer in use still count.

    Raises
    ForeignToken: whatever is wrong with it.
    """
    try:
        raw = bytes.fromhex(token)
        kid, ref, mac = raw[:KID], raw[KID : KID + REF], raw[KID + REF :]
        _, expected = keyring.mac(purpose.encode(), ref, kid=kid)
    except (ValueError, KeyError):
        raise ForeignToken from None
    if raw.hex() != token:  # `fromhex` also takes capitals and blanks
        raise ForeignToken
    if not hmac.compare_digest(mac, expected[:MAC]):
        raise ForeignToken
    return ref


def return_path(keyring: Keyring, ref: bytes, sender: str) -> str:
    """Return the reader's own return path (VERP) at the sender's domain: 57 octets before the `@`."""
    return f"bounce+{make(keyring, Purpose.BOUNCE, ref)}@{sender.rpartition('@')[2]}"
