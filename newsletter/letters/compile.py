"""Compile a letter: encode its parts once, with holes where a reader's tokens go."""

from datetime import UTC, datetime
from hashlib import sha256

from newsletter.errors import OperatorError
from newsletter.letters.address import CompiledLetter, Frame
from newsletter.letters.headers import CRLF, LONGEST, ready_header
from newsletter.letters.letter import Addressee, Letter
from newsletter.letters.transfer import Piece, encode
from newsletter.tokens import LENGTH


class UnfitLetter(OperatorError):
    """The compiled bytes break a promise made to the transport: 7-bit, lines of 998 octets, no leading dot."""


def compile_letter(letter: Letter) -> CompiledLetter:
    """Return the letter as bytes that wait for a reader.

    A letter with HTML is `multipart/alternative`, text first (RFC 2046 section 5.1.4); one without is plain text.

    Raises
    UnfitLetter: no message that keeps the transport's rules can be made of it (a link of a thousand characters).
    """
    parts = [("plain", letter.text)] + ([("html", letter.html)] if letter.html is not None else [])
    pieces: list[Piece] = [letter.headers.encode("ascii")]
    mark = boundary(letter)
    if len(parts) > 1:
        pieces.append(f'Content-Type: multipart/alternative;\r\n boundary="{mark}"\r\n\r\n'.encode())
    for number, (kind, text) in enumerate(parts):
        name, encoded = encode(text)
        if len(parts) > 1:
            pieces.append(
                f"{CRLF if number else ''}--{mark}{CRLF}".encode()
            )  # its CRLF is not the part's (section 5.1.1)
        pieces.append(ready_header("Content-Type", f"text/{kind}; charset=utf-8").encode())
        pieces.append(ready_header("Content-Transfer-Encoding", name).encode() + b"\r\n")
        pieces += encoded
    if len(parts) > 1:
        pieces.append(f"{CRLF}--{mark}--{CRLF}".encode())
    compiled = CompiledLetter(Frame(letter.sender_domain, letter.leave_url), _joined(pieces))
    _check(compiled)
    return compiled


def boundary(letter: Letter) -> str:
    """Return the boundary: the same for the same letter, and `=_`, which neither encoding can contain."""
    return f"=_{sha256(f'{letter.headers}{letter.text}{letter.html}'.encode()).hexdigest()[:32]}"


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return joined


def _check(compiled: CompiledLetter) -> None:
    token = "a" * LENGTH
    specimen = Addressee(f"{'a' * 64}@{'b' * 189}", token, token, "c" * LENGTH, datetime(2000, 1, 1, tzinfo=UTC))
    message = b"".join(compiled.address(specimen))
    lines = message.split(b"\r\n")
    if not message.isascii() or b"\0" in message or lines[-1]:
        raise UnfitLetter("the letter is not 7-bit text that ends with a line")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST or line.startswith(b".") or b"\n" in line or b"\r" in line:
            raise UnfitLetter(f"line {number} of the letter cannot be sent: {line[:40]!r}…")
