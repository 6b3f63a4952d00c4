"""DKIM (RFC 6376): rsa-sha256 over relaxed/relaxed, with all that readers share worked out once a letter.

Every header of ours is signed.  Those that a mail program shows or acts on are listed once more than they stand there
(section 5.4.2), so that nobody can add a second one, or a Reply-To, to a signed letter.  There is no `l=` (it would let
text be added below) and no `x=`; `t=` is the message's Date, so a retry has the same bytes as the first try.
"""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from newsletter.letters.address import CompiledLetter
from newsletter.letters.headers import LINE
from newsletter.letters.letter import Addressee

ONCE = (
    *(b"From", b"Reply-To", b"Subject", b"Date", b"To", b"MIME-Version", b"Content-Type"),
    *(b"List-Unsubscribe", b"List-Unsubscribe-Post"),
)
"""Headers to which nobody may add another."""

_PADDING, _HASH = PKCS1v15(), SHA256()
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")


class Signer:
    """Signs for one domain under one selector.  Safe to use from many threads."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey) -> None:
        self.domain = domain
        self.selector = selector
        self._key = key

    def sign(self, octets: bytes) -> bytes:
        """Return the base64 of a signature (RSASSA-PKCS1-v1_5); 0.3 ms in which other threads run."""
        return b64encode(self._key.sign(octets, _PADDING, _HASH))


class SignedLetter:
    """A compiled letter that is signed when it is addressed.  Safe to use from many threads: nothing in it changes."""

    __slots__ = ("_begun", "_headers", "_letter", "_names", "_rest", "_signer")

    def __init__(self, letter: CompiledLetter, signer: Signer) -> None:
        # The reader's headers, then the shared ones and the body's beginning, then holes and what lies between them.
        _, first, *rest = letter.shared
        head, _, body = (first or b"").partition(b"\r\n\r\n")
        fields = relaxed_headers(head + b"\r\n")
        begin, *self._rest = relaxed_body([body, *rest])
        self._letter = letter
        self._signer = signer
        self._names = tuple(name for name, _ in fields)
        self._headers = b"".join(field for _, field in fields)
        self._begun = sha256(begin or b"")

    def address(self, addressee: Addressee) -> tuple[bytes, ...]:
        """Return the whole message for one reader: the letter's own segments behind that of the signature.

        Raises
        ValueError: an addressee that would break the message; the text never holds the address.
        """
        segments = self._letter.address(addressee)
        body = self._begun.copy()
        for segment, shared in zip(segments[2:], self._rest, strict=True):
            body.update(segment if shared is None else shared)
        fields = relaxed_headers(segments[0])
        names = (*self._names, *(name for name, _ in fields))
        written, canonical = _signature_header(self._signer.domain, self._signer.selector, names)
        values = (int(addressee.date.timestamp()), b64encode(body.digest()))
        signed = b"%b%b%b" % (self._headers, b"".join(field for _, field in fields), canonical % values)
        signature = self._signer.sign(signed)
        width = LINE - len(" b=")
        lines = [signature[start : start + width] for start in range(0, len(signature), width)]
        return (b"%b%b\r\n" % (written % values, b"\r\n ".join(lines)), *segments)


def relaxed_headers(block: bytes) -> list[tuple[bytes, bytes]]:
    r"""Return the fields of a header block as (name, canonical field), RFC 6376 section 3.4.2.

    >>> relaxed_headers(b"SubJect: The\r\n  week \r\nB :\t1\r\n")
    [(b'SubJect', b'subject:The week\r\n'), (b'B', b'b:1\r\n')]
    """
    fields = []
    for field in _FIELD_END.split(block)[:-1]:
        name, _, value = field.partition(b":")
        name = name.rstrip(b" \t")
        # `split` would also take other control characters for blanks; no header of ours holds any.
        fields.append((name, b"%b:%b\r\n" % (name.lower(), b" ".join(value.split()))))
    return fields


def relaxed_body(pieces: list[bytes | None]) -> list[bytes | None]:
    r"""Return a body's pieces in canonical form, RFC 6376 section 3.4.4; None stands for a hole and stays.

    Piece by piece is right: what fills a hole neither begins nor ends with a blank or a line end, and two holes are
    never the last thing of a body, since that ends with a line.

    >>> relaxed_body([b"Go  to \t\r\n ", None, b" \r\n\r\n \r\n"])
    [b'Go to\r\n ', None, b'\r\n']
    >>> relaxed_body([b" \r\n\r\n"])
    [b'']
    """
    done = [piece and _BLANKS.sub(b" ", piece).replace(b" \r\n", b"\r\n") for piece in pieces]
    done[-1] = (done[-1] or b"").rstrip(b"\r\n") + b"\r\n"
    return [b""] if done == [b"\r\n"] else done


@lru_cache(maxsize=64)
def _signature_header(domain: str, selector: str, names: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """Return the header up to its `b=`, as written and as signed, with places for the instant and the body's hash."""
    once = {*names, b"Reply-To"}  # where there is none, nobody may have the answers sent to another address
    lines = [" h="]
    for name in [name.decode() for name in (*names, *(name for name in ONCE if name in once))]:
        if len(lines[-1]) + len(name) >= LINE:
            lines.append(" ")
        lines[-1] += f"{name}:"
    written = "\r\n".join(
        [
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;",
            f" d={domain};",
            f" s={selector}; t=%d;",
            *lines[:-1],
            f"{lines[-1].removesuffix(':')};",
            " bh=%b;",
            " b=",
        ]
    ).encode()
    ((_, canonical),) = relaxed_headers(written + b"\r\n")
    return written, canonical.removesuffix(b"\r\n")  # section 3.7: without its line end
