"""Octets to text, RFC 2045 and RFC 2047, whatever they are: nothing here raises, and nothing takes long."""

import re
from binascii import Error, a2b_base64, a2b_qp

_CHARSET = re.compile(
    r"(?:utf-?(?:8|7|16)|(?:us-)?ascii|(?:iso-?)?8859-\d+|iso-?8859-\d+|latin-?\d|windows-\d+|cp-?\d+|ibm\d+|koi8-[ru]"
    r"|mac-?cyrillic|gb(?:k|2312|18030)|big5|euc-(?:jp|kr)|iso-2022-(?:jp|kr)|shift_jis)"
)
"""What a text is read in.  Python knows more, and some of them take quadratic time, or are no charsets at all."""

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bq])\?([^?\s]*)\?=(?:\s+(?==\?))?", re.IGNORECASE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode(octets: bytes, charset: str) -> str:
    """Return a text in its charset; in UTF-8 or else windows-1251 where none is named, or it is not what it says."""
    name = charset.strip("\"' ").lower()
    for candidate in (name, "utf-8") if _CHARSET.fullmatch(name) else ("utf-8",):
        try:
            return octets.decode(candidate)
        except (LookupError, ValueError):
            continue
    return octets.decode("windows-1251", "replace")


def written(text: str) -> bytes:
    """Return the octets that `email` made a text of; what came from nowhere is replaced."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def decode_words(value: str) -> str:
    """Return a header's value with its encoded words decoded (RFC 2047); those that are broken stay as they are."""

    def one(match: re.Match[str]) -> str:
        charset, encoding, text = match.groups()
        octets = written(text)
        encoding = "base64" if encoding in "bB" else "quoted-printable"
        return decode(undo(octets.replace(b"_", b" ") if encoding != "base64" else octets, encoding), charset)

    if value.isascii():
        return _WORD.sub(one, value) if "=?" in value else value
    return _WORD.sub(one, decode(written(value), "utf-8"))


def undo(octets: bytes, encoding: str) -> bytes:
    """Return octets without their transfer encoding (RFC 2045 section 6); as they are where it cannot be undone."""
    try:
        if encoding == "base64":
            letters = _NOT_BASE64.sub(b"", octets)
            return a2b_base64(letters + b"=" * (-len(letters) % 4))
        return a2b_qp(octets) if encoding == "quoted-printable" else octets
    except Error:
        return octets
