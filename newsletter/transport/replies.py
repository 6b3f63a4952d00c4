"""From the octets a server sends to replies (RFC 5321 sections 4.2 and 4.2.1), however they were cut on the way."""

import re
from dataclasses import dataclass
from functools import lru_cache

from newsletter.outcomes import Reply

LONGEST_LINE = 4096
"""Octets without the LF.  RFC 5321 section 4.5.3.1.5 says 512; servers that explain a policy say more."""

LONGEST_REPLY = 65536
"""Octets of all lines of one reply."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Not a reply.  What follows on this connection can no longer be told apart, so nothing follows."""

    why: str


_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")


@lru_cache(maxsize=256)
def _read(line: bytes) -> tuple[Reply, bool] | None:
    """Return what one line says and whether the reply ends with it.  Most lines come again for every message."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    code, text = int(found[1]), (found[3] or b"").decode("utf-8", "replace")
    enhanced = _ENHANCED.match(text)
    if enhanced and enhanced[1] == str(code)[0]:  # RFC 2034 section 4: its class is that of the code
        return Reply(code, text[enhanced.end() :].strip(), enhanced[0]), found[2] != b"-"
    return Reply(code, text.strip(), ""), found[2] != b"-"


class Replies:
    """Collects octets and gives replies as they become whole.

    >>> replies = Replies()
    >>> replies.feed(b"250-one\\r\\n25"), replies.feed(b"0 two\\r\\n")
    ([], [Reply(code=250, text='one\\ntwo', enhanced='')])
    >>> replies.feed(b"HTTP/1.1 400 Bad Request\\r\\n250 too late\\r\\n")
    [Malformed(why='not a reply')]
    """

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[Reply] = []
        self._octets = 0
        self._broken = False

    @property
    def pending(self) -> bool:
        """Whether a reply has begun and not ended."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply | Malformed]:
        """Take octets; return the replies that they complete.  The last may be `Malformed`: then no more will come."""
        if self._broken:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        found: list[Reply | Malformed] = []
        for line in lines:
            answer = self._line(line)
            if answer is not None:
                found.append(answer)
                if isinstance(answer, Malformed):
                    self._broken = True
                    return found
        if len(self._rest) > LONGEST_LINE:
            self._broken = True
            found.append(Malformed("line too long"))
        return found

    def _line(self, line: bytes) -> Reply | Malformed | None:
        if len(line) > LONGEST_LINE:
            return Malformed("line too long")
        read = _read(line.removesuffix(b"\r"))  # a bare LF ends a line too: old servers, and no harm in a reply
        if read is None:
            return Malformed("not a reply")
        reply, last = read
        if last and not self._lines:
            return reply
        if self._lines and self._lines[0].code != reply.code:  # RFC 5321 section 4.2.1: the same code on every line
            return Malformed("two codes in one reply")
        self._lines.append(reply)
        self._octets += len(line)
        if self._octets > LONGEST_REPLY:
            return Malformed("reply too long")
        if not last:
            return None
        whole = Reply(
            reply.code,
            "\n".join(each.text for each in self._lines),
            next((each.enhanced for each in self._lines if each.enhanced), ""),
        )
        self._lines, self._octets = [], 0
        return whole
