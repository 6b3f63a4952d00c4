"""Content transfer encodings (RFC 2045) of a part whose slots are filled later, in the encoded bytes.

A slot is as long as the token that will stand there, and both are letters and digits that no encoding touches.  So the
encoded part keeps its length and its line breaks whoever it is for, and only a slot's own octets are written anew.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT

SLOTS = (LEAVE_SLOT.encode(), PREFERENCES_SLOT.encode())
LINE = 76
"""Longest line of base64 and quoted-printable, RFC 2045 sections 6.7 and 6.8."""


@dataclass(frozen=True, slots=True)
class Base64Hole:
    """A slot in base64: it covers whole quanta, with 0–2 octets of the letter on either side.

    `cut` is the place, in encoded characters, where a line ends inside; None if none does.
    """

    slot: int
    before: bytes
    after: bytes
    cut: int | None

    def fill(self, token: bytes) -> bytes:
        """Return the encoded octets with `token` in the slot."""
        encoded = b2a_base64(self.before + token + self.after, newline=False)
        cut = self.cut
        return encoded if cut is None else encoded[:cut] + b"\r\n" + encoded[cut:]


@dataclass(frozen=True, slots=True)
class QuotedHole:
    """A slot in quoted-printable: it stands as it is, but a soft line break may fall inside at `cut`."""

    slot: int
    cut: int | None

    def fill(self, token: bytes) -> bytes:
        """Return the encoded octets with `token` in the slot."""
        cut = self.cut
        return token if cut is None else token[:cut] + b"=\r\n" + token[cut:]


Hole: TypeAlias = Base64Hole | QuotedHole
Piece: TypeAlias = bytes | Hole


def encode(text: str) -> tuple[str, list[Piece]]:
    """Return the encoding's name and the encoded pieces: the shorter of the two, so Cyrillic base64, Latin quoted.

    Raises
    ValueError: two slots stand so close that they share a base64 quantum.
    """
    octets = canonical(text)
    quoted = quoted_printable(octets)
    if len(quoted) <= -(-len(octets) // 3) * 4:
        return "quoted-printable", list(_quoted_pieces(quoted))
    return "base64", list(_base64_pieces(octets))


def canonical(text: str) -> bytes:
    """Return UTF-8 with CRLF after each line, the last one too (RFC 2049 section 4)."""
    lines = re.split("\r\n|\r|\n", text)
    if lines[-1]:
        lines.append("")
    return "\r\n".join(lines).encode()


def quoted_printable(octets: bytes) -> bytes:
    """Return text as quoted-printable in which no line begins with a dot: nothing is left for SMTP to stuff."""
    lines: list[bytes] = []
    for line in b2a_qp(octets, istext=True).split(b"\r\n"):
        rest = line
        while rest.startswith(b".") and len(rest) + 2 > LINE:
            lines.append(b"=2E=")
            rest = rest[1:]
        if len(rest) > LINE:  # a blank at the end of a line is quoted after `b2a_qp` has measured the line
            lines.append(rest[:-3] + b"=")
            rest = rest[-3:]
        lines.append(b"=2E" + rest[1:] if rest.startswith(b".") else rest)
    return b"\r\n".join(lines)


_BROKEN_SLOT = [re.compile(rb"(?:=\r\n)?".join(bytes([char]) for char in slot)) for slot in SLOTS]


def _quoted_pieces(encoded: bytes) -> Iterator[Piece]:
    found = [(match, slot) for slot, pattern in enumerate(_BROKEN_SLOT) for match in pattern.finditer(encoded)]
    done = 0
    for match, slot in sorted(found, key=lambda pair: pair[0].start()):
        yield encoded[done : match.start()]
        cut = match[0].find(b"=\r\n")
        yield QuotedHole(slot, None if cut < 0 else cut)
        done = match.end()
    yield encoded[done:]


def _base64_pieces(octets: bytes) -> Iterator[Piece]:
    found = sorted(
        (match.start(), slot) for slot, text in enumerate(SLOTS) for match in re.finditer(re.escape(text), octets)
    )
    done = 0
    for start, slot in found:
        end = start + len(SLOTS[slot])
        first, last = start // 3 * 3, min(-(-end // 3) * 3, len(octets))
        if first < done:
            raise ValueError("two slots share a base64 quantum; put three characters between them")
        yield _broken(b64encode(octets[done:first]), done // 3 * 4, more=True)
        column = first // 3 * 4 % LINE
        length = -(-(last - first) // 3) * 4
        yield Base64Hole(slot, octets[first:start], octets[end:last], LINE - column if LINE - column < length else None)
        done = last
    yield _broken(b64encode(octets[done:]), done // 3 * 4, more=False) + b"\r\n"


def _broken(encoded: bytes, place: int, *, more: bool) -> bytes:
    """Return `encoded`, which begins at that `place` of the whole, with a line break before every 76th character.

    A hole never breaks the line at its own edges; so the break before what follows is made here if `more` follows.
    """
    head = -place % LINE or (LINE if place == 0 else 0)
    lines = [encoded[:head], *(encoded[start : start + LINE] for start in range(head, len(encoded), LINE))]
    if more and len(encoded) >= head and (len(encoded) - head) % LINE == 0:
        lines.append(b"")
    return b"\r\n".join(lines)
