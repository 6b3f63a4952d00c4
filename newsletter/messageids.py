"""Message-IDs: each names its digest, reader and copy to us, and nothing to anybody else.

RFC 5322 section 3.6.4.  A reader's copy has the same at every try and every reader another (a large provider slows one
Message-ID to many down).  What a server sends back quotes it, so it leads to the delivery even where nothing else does.

The local part is `digest (4) ‖ ref (8) ‖ copy (2) ‖ nothing (2)`, scrambled: 32 hexadecimal digits.
"""

import re
from dataclasses import dataclass
from struct import Struct

from newsletter.sealing import Keyring

NOTE = 0
"""Stands for the digest where the mail is a note, and `ref` is the note's."""

TEST = 0xFFFFFFFF
"""Stands for the digest in a test send, and `ref` is nobody's."""

_LAYOUT = Struct(">L8sHxx")
LENGTH = 2 * _LAYOUT.size

_QUOTABLE = re.compile(r"<[!-;=?-~]{1,248}>", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """What a Message-ID names: a digest's id, its reader's `ref`, and which copy; or NOTE and the note's `ref`."""

    digest_id: int
    ref: bytes
    copy: int


def message_id(keyring: Keyring, digest_id: int, ref: bytes, copy: int = 0) -> str:
    """Return the local part of a Message-ID.

    Raises
    struct.error: a number that is too large.
    """
    return keyring.scramble(_LAYOUT.pack(digest_id, ref, copy)).hex()


def read(keyring: Keyring, text: str) -> Named | None:
    """Return what the local part of a Message-ID names; None if it is none of ours, under no key we have.

    Chance makes one text of 65,536 look like ours; the `ref` it then names is nobody's.
    """
    try:
        scrambled = bytes.fromhex(text)
    except ValueError:
        return None
    if len(scrambled) != _LAYOUT.size or scrambled.hex() != text.lower():
        return None
    for block in keyring.unscramble(scrambled):
        if block.endswith(b"\0\0"):
            return Named(*_LAYOUT.unpack(block))
    return None


def quotable(text: str) -> str:
    """Return somebody's Message-ID if In-Reply-To can hold it (RFC 5322 section 3.6.4), else an empty string.

    >>> quotable("<4f2@mail.example>"), quotable("<a@b> <c@d>"), quotable("")
    ('<4f2@mail.example>', '', '')
    """
    return text if _QUOTABLE.fullmatch(text) else ""
