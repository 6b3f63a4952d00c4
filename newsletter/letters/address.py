"""A compiled letter: bytes that all readers share, and the few that are one reader's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsletter.letters.headers import date_text
from newsletter.letters.letter import Addressee
from newsletter.letters.transfer import Hole, Piece
from newsletter.tokens import LENGTH

_date = lru_cache(maxsize=16)(date_text)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the headers of every reader need.  `leave_url` is None for a mail that is not the list's."""

    domain: str
    leave_url: str | None


class CompiledLetter:
    """A letter that is encoded already; addressing it fills slots in bytes, some microseconds a reader.

    Safe to use from many threads: nothing in it changes.
    """

    __slots__ = ("_frame", "_holes", "_pieces")

    def __init__(self, frame: Frame, pieces: Sequence[Piece]) -> None:
        self._frame = frame
        # The first segment is the reader's headers; static bytes stand ready, holes are filled in a copy.
        self._pieces = [b"", *(piece if isinstance(piece, bytes) else b"" for piece in pieces)]
        self._holes: tuple[tuple[int, Hole], ...] = tuple(
            (place, piece) for place, piece in enumerate(pieces, 1) if not isinstance(piece, bytes)
        )

    @property
    def shared(self) -> tuple[bytes | None, ...]:
        """The segments as `address` returns them, with None in place of those that are a reader's own."""
        own = {0, *(place for place, _ in self._holes)}
        return tuple(None if place in own else piece for place, piece in enumerate(self._pieces))

    def address(self, addressee: Addressee) -> tuple[bytes, ...]:
        """Return the whole message for one reader, as `Envelope.segments` wants it; static ones are shared, not copied.

        Raises
        ValueError: an addressee that would break the message; the text never holds the address.
        """
        tokens = (addressee.leave.encode(), addressee.preferences.encode())
        segments = self._pieces.copy()
        segments[0] = self.headers(addressee).encode()
        for place, hole in self._holes:
            segments[place] = hole.fill(tokens[hole.slot])
        return tuple(segments)

    def headers(self, addressee: Addressee) -> str:
        """Return the header lines that are this reader's own, CRLF after each."""
        to, leave, frame, ident = addressee.to, addressee.leave, self._frame, addressee.message_id
        if not (to.isascii() and to.isprintable() and "@" in to and " " not in to):
            raise ValueError("an addressee's address must be plain ASCII")
        if not (ident.isascii() and ident.isalnum()):
            raise ValueError("a Message-ID's local part is letters and digits")
        head = f"Date: {_date(addressee.date)}\r\nTo: {to}\r\nMessage-ID: <{ident}@{frame.domain}>\r\n"
        if frame.leave_url is None:
            return head
        for token in (leave, addressee.preferences):
            if len(token) != LENGTH or not (token.isascii() and token.isalnum()):
                raise ValueError(f"a token is {LENGTH} letters and digits")
        # RFC 2369 section 2: folded after the comma only; RFC 8058 section 3.1.
        return (
            f"{head}List-Unsubscribe: <{frame.leave_url}/{leave}>,\r\n <mailto:leave+{leave}@{frame.domain}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
