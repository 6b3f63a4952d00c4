"""Header lines as ready ASCII: folded where folding is safe, encoded (RFC 2047) only where words need it.

`EmailMessage` must not fold: it glues words, lets a long display name become a second address, and encodes a long
List-Unsubscribe, after which no mailbox offers its button.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from textwrap import wrap
from urllib.parse import quote, urlsplit, urlunsplit

from newsletter.errors import OperatorError

CRLF = "\r\n"
LINE = 78
"""Where a line should end, RFC 5322 section 2.1.1."""
LONGEST = 998
"""Where a line must have ended, without its CRLF."""
ENCODED = 45
"""Octets that base64 brings into one encoded word, RFC 2047 section 2."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class UnfitHeader(OperatorError):
    """A header value that cannot be sent: it breaks its line, or has no safe place to fold."""


def text_header(name: str, text: str) -> str:
    """Return the line(s) of an unstructured header such as Subject; folding never changes its words.

    >>> text_header("Subject", "Weekly letter 41")
    'Subject: Weekly letter 41\\r\\n'

    Raises
    UnfitHeader: the text holds a control character.
    """
    _refuse_controls(name, text)
    if _plain(text):
        lines = wrap(f"{name}: {text}", LINE - 1, break_long_words=False, break_on_hyphens=False)
        if len(lines[0]) > len(name) + 1 and all(len(line) < LINE for line in lines):
            return "\r\n ".join(lines) + "\r\n"
    return f"{name}: {_encoded(text, name)}\r\n"


def mailbox_header(name: str, display: str, address: str) -> str:
    r"""Return the line(s) of a header that holds one address and who it is, such as From.

    >>> mailbox_header("From", 'Anna "A" <x@evil.example>,', "digest@example.org")
    'From: "Anna \\"A\\" <x@evil.example>," <digest@example.org>\r\n'

    Raises
    UnfitHeader: the name holds a control character, or the address is not ASCII.
    """
    _refuse_controls(name, display)
    if not address.isascii() or not address.isprintable():
        raise UnfitHeader(f"{name}: the address is not ASCII")
    if _plain(display) and len(display) < LINE // 2:
        words = '"' + re.sub(r'(["\\])', r"\\\1", display) + '"'
    else:
        words = _encoded_by_words(display)
    column = len(words.rpartition("\n")[2]) + (0 if "\n" in words else len(name) + 2)
    gap = " " if column + 3 + len(address) <= LINE else "\r\n "
    return f"{name}: {words}{gap}<{address}>\r\n"


def ready_header(name: str, *values: str) -> str:
    r"""Return a header whose values are ASCII as they stand; it may fold between them, at a comma.

    >>> ready_header("List-Post", "NO")
    'List-Post: NO\r\n'

    Raises
    UnfitHeader: a value is not printable ASCII, or too long for a line.
    """
    for value in values:
        if not value.isascii() or not value.isprintable() or len(name) + 2 + len(value) + 1 > LONGEST:
            raise UnfitHeader(f"{name}: not ASCII on one line: {value[:60]!r}")
    whole = f"{name}: {', '.join(values)}"
    return (whole if len(whole) <= LINE else f"{name}: " + f",{CRLF} ".join(values)) + CRLF


def ascii_url(url: str) -> str:
    """Return a URL for a header: an international host as `xn--`, anything else percent-encoded.

    >>> ascii_url("https://тыдзень.example/be/ў")
    'https://xn--d1acfzv8cl.example/be/%D1%9E'
    """
    parts = urlsplit(url)
    netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return urlunsplit((parts.scheme, netloc, quote(parts.path, safe="/%:@!$&'()*+,;=~"), "", ""))


def date_text(moment: datetime) -> str:
    """Return an instant as RFC 5322 section 3.3 writes it, in UTC and always 31 characters long.

    >>> date_text(datetime(2019, 10, 14, 5, 0, tzinfo=UTC))
    'Mon, 14 Oct 2019 05:00:00 +0000'

    Raises
    ValueError: a moment without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a date without a zone is no instant")
    utc = moment.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04}"
        f" {utc.hour:02}:{utc.minute:02}:{utc.second:02} +0000"
    )


def language_header(codes: Sequence[str]) -> str:
    r"""Return Content-Language (RFC 3282): every language a reader will find inside, the main one first.

    >>> language_header(["be", "ru"])
    'Content-Language: be, ru\r\n'
    """
    return ready_header("Content-Language", *codes)


def _plain(text: str) -> bool:
    """Whether the text is safe unencoded: ASCII, single inner blanks, nothing that reads as an encoded word."""
    return text.isascii() and "=?" not in text and text == " ".join(text.split(" ")).strip() and "  " not in text


def _encoded(text: str, name: str) -> str:
    return Header(text, "utf-8", header_name=name).encode(linesep=CRLF)


def _encoded_by_words(text: str) -> str:
    """Encode without cutting a word in two where it fits: some readers show a gap between encoded words of a name."""
    chunks = [""]
    for word in re.findall(r"\S*\s*", text):
        if len((chunks[-1] + word).encode()) > ENCODED:
            chunks.append("")
        chunks[-1] += word
    return f"{CRLF} ".join(Header(chunk, "utf-8", maxlinelen=75).encode(linesep=CRLF) for chunk in chunks if chunk)


def _refuse_controls(name: str, text: str) -> None:
    if any(ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" for char in text):
        raise UnfitHeader(f"{name}: wants one line of text, without control characters")
