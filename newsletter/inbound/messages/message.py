"""A message, read without harm: whatever the octets are, reading takes little time and raises nothing but `TooMuch`.

RFC 5322, RFC 2045 to 2047.  `email` does the splitting under its policy compat32; `policy.default` fails on odd mails.
What it is given is bounded: the first `MOST_OCTETS` and `MOST_LINES`, values of `LONGEST_VALUE`, `MOST_PARTS` parts.
"""

from collections.abc import Iterator
from email.message import Message as Raw
from email.parser import BytesParser
from email.policy import Compat32
from functools import cached_property
from typing import Any

from newsletter.inbound.messages.decoding import decode, decode_words, undo, written

MOST_OCTETS = 1_000_000
"""Octets that are looked at: a report has all that matters in front, what it quotes in full comes last."""

MOST_LINES = 150_000
MOST_HEADERS = 100_000
MOST_PARTS = 100
DEEPEST = 20
LONGEST_VALUE = 8_000
"""Characters of a header that are looked at: `email` takes quadratic time for parameters."""

LONGEST_TEXT = 64_000
"""Characters of a part's text that are looked at."""

_ENCODED = ("base64", "quoted-printable")
_MOST_FOLDS = 200


class TooMuch(ValueError):  # not an error of anybody's: a person looks at such a message
    """A message beyond a limit; the text says which."""


class Message:
    """A message or a part of one, its texts decoded where they are asked for.  None of it raises."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw  # as `email` has it, for a library that wants it so

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """The headers by name in lower case, unfolded, not decoded; octets outside ASCII as surrogates."""
        found: dict[str, list[str]] = {}
        for name, value in self.raw.raw_items():
            found.setdefault(name.lower(), []).append(" ".join(str(value).split()))
        return found

    def header(self, name: str) -> str:
        """Return the first header of that name, decoded (RFC 2047); empty where there is none."""
        values = self.headers.get(name.lower())
        return decode_words(values[0]) if values else ""

    @cached_property
    def kind(self) -> str:
        """The media type, as `text/plain`."""
        return self.raw.get_content_type()

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type in lower case; empty where there is none."""
        try:
            value = self.raw.get_param(name, "")
        except Exception:  # the standard library's own mistakes with what RFC 2231 allows
            return ""
        return value.lower() if isinstance(value, str) else ""

    @cached_property
    def parts(self) -> "tuple[Message, ...]":
        """What a multipart, or a part that holds a message, is made of; of `message/delivery-status`, its groups."""
        parts = tuple(Message(part) for part in _inside(self.raw))
        if self.kind.startswith("message/") and self._encoding in _ENCODED:
            return self._unwrapped(parts)
        return parts

    def _unwrapped(self, parts: "tuple[Message, ...]") -> "tuple[Message, ...]":
        # RFC 2046 section 5.2 forbids it, and some servers do it; `email` has taken the code for text.
        code = b"\n\n".join(part.source for part in parts)
        try:
            return read_message(b"Content-Type: %s\n\n" % self.kind.encode() + undo(code, self._encoding)).parts
        except TooMuch:
            return ()

    @property
    def source(self) -> bytes:
        """What the part was written as, in essence."""
        head = "".join(f"{name}: {value}\n" for name, value in self.raw.raw_items())
        return written(f"{head}\n{_content(self.raw)}")

    def walk(self) -> "Iterator[Message]":
        """Yield the message and all its parts, but nothing of the messages that it holds."""
        yield self
        if self.kind.startswith("multipart/"):
            for part in self.parts:
                yield from part.walk()

    @cached_property
    def text(self) -> str:
        """The text of a part that has no parts, decoded, lines ending in `\\n`, at most `LONGEST_TEXT` characters."""
        return decode(self.octets[: 4 * LONGEST_TEXT], self.parameter("charset"))[:LONGEST_TEXT]

    @cached_property
    def octets(self) -> bytes:
        """The content of a part that has no parts, its transfer encoding undone; as it is where that is broken."""
        return undo(written(_content(self.raw)), self._encoding)

    @property
    def _encoding(self) -> str:
        return self.headers.get("content-transfer-encoding", [""])[0].lower()


def read_message(octets: bytes) -> Message:
    """Return the message in some octets, whatever they are; without a head, all of it is text.

    Raises
    TooMuch: more than 100 parts, 20 levels or 100,000 headers.
    """
    made = 0

    def make(policy: Any = None) -> Raw:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise TooMuch(f"more than {MOST_PARTS} parts")
        return _Raw(policy=policy)

    front = _front(octets)
    try:
        raw = BytesParser(make, policy=_SHORT).parsebytes(front)
    except TooMuch:
        raise
    except Exception:  # the standard library's own mistakes, of which there are some
        raw = _Raw(policy=_SHORT)
        raw.set_payload(front.decode("ascii", "surrogateescape"))
    _measure(raw)
    return Message(raw)


def _front(octets: bytes) -> bytes:
    front = octets[:MOST_OCTETS]
    if front.count(b"\n") + front.count(b"\r") <= MOST_LINES:
        return front
    return b"\n".join(front.splitlines()[:MOST_LINES])


def _measure(raw: Raw, depth: int = 1) -> None:
    if depth > DEEPEST:
        raise TooMuch(f"more than {DEEPEST} levels")
    if len(raw) > MOST_HEADERS:
        raise TooMuch(f"more than {MOST_HEADERS:,} headers")
    for part in _inside(raw):
        _measure(part, depth + 1)


def _inside(raw: Raw) -> list[Raw]:
    inside = raw.get_payload() if raw.is_multipart() else []
    return [part for part in inside if isinstance(part, Raw)] if isinstance(inside, list) else []


def _content(raw: Raw) -> str:
    return raw.written if isinstance(raw, _Raw) else ""


class _Raw(Raw):
    """A part that keeps its content as it was written; `email` decodes it by whatever charset it finds."""

    written = ""

    def set_payload(self, payload: Any, charset: Any = None) -> None:
        if isinstance(payload, str):
            self.written = payload
        super().set_payload(payload, charset)


class _Short(Compat32):
    """Compat32 that keeps the first characters of a value."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines[:_MOST_FOLDS])
        return name, value[:LONGEST_VALUE]


_SHORT = _Short()
