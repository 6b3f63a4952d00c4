"""A search for words that must stand nowhere, however they are written."""

import base64
import os
import quopri
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from tests.servers.broker import Broker

ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
ORDINARY = bytes.maketrans(b"-_", b"+/")
BREAKS = re.compile(rb"=?\\?\r?\n|\\r|\\n")
"""Ends of lines, also where a text was written as JSON, and those that quoted-printable puts within a word."""


class Search:
    """`search.found_in(octets)` names the spellings in which one of the words stands there; case does not matter."""

    def __init__(self, *words: str) -> None:
        self._folded: dict[str, bytes] = {}
        self._exact: dict[str, bytes] = {}
        for word in words:
            raw = word.lower().encode()
            self._folded |= {
                f"{word} plain": raw,
                f"{word} in UTF-16 LE": word.lower().encode("utf-16-le"),
                f"{word} in UTF-16 BE": word.lower().encode("utf-16-be"),
            }
            for case, written in _cases(word):
                self._folded[f"{word} in hex, {case}"] = written.encode().hex().encode()
                for offset in range(3):
                    for name, text in (("plain", written.encode()), ("UTF-16 LE", written.encode("utf-16-le"))):
                        self._exact[f"{word} in base64 of {name}, {case}, at {offset}"] = _core(text, offset)

    def found_in(self, data: bytes) -> set[str]:
        """Look at octets as they are, without line breaks, and with percent and quoted-printable signs resolved."""
        whole = BREAKS.sub(b"", data)
        forms = {data, whole, unquote_to_bytes(whole), quopri.decodestring(data)}  # most are the same
        found = set()
        for form in forms:
            folded = form.lower()
            found |= {name for name, needle in self._folded.items() if needle in folded}
            ordinary = form.translate(ORDINARY)
            found |= {name for name, needle in self._exact.items() if needle in ordinary}
        return found


def _cases(word: str) -> tuple[tuple[str, str], ...]:
    """Return each once."""
    cases = {word: "as it is", word.lower(): "small", word.upper(): "large", word.title(): "titled"}
    return tuple((name, written) for written, name in cases.items())


def _core(raw: bytes, offset: int) -> bytes:
    """Return the characters of base64 that stay the same, whatever stands round `raw` so many octets behind a third."""
    told = base64.b64encode(b"\0" * offset + raw)
    first = -(-offset * 8 // 6)
    last = (offset + len(raw)) * 8 // 6
    return told[first:last]


class Listener(threading.Thread):
    """Hears every command that the broker gets, as it comes, until the broker is gone."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(os.fspath(broker.path))
        self._connection.sendall(b"MONITOR\r\n")
        self.heard = self._connection.recv(5)
        self.start()

    def run(self) -> None:
        """Listen."""
        with self._connection, suppress(ConnectionError):
            while said := self._connection.recv(1 << 16):
                self.heard += said


def laid_open(said: bytes) -> bytes:
    """Return what was said, with whatever may be base64 in it decoded beside it, and in that again."""
    new = said
    for _ in range(2):
        found = {run[begin:].translate(ORDINARY) for run in ENCODED.findall(new) for begin in range(4)}
        new = b"\n".join(base64.b64decode(run + b"=" * (-len(run) % 4)) for run in found if len(run) % 4 != 1)
        said += b"\n" + new
    return said


def spellings(word: str) -> Iterator[tuple[str, bytes]]:
    """Yield every way to write a word that a search must see through, in the middle of something else."""
    for name, written in _cases(word):
        raw = written.encode()
        yield f"plain, {name}", b"<" + raw + b">"
        yield f"percent-encoded, {name}", "".join(f"%{byte:02X}" for byte in raw).encode()
        yield f"partly percent-encoded, {name}", raw.replace(b"@", b"%40").replace(b".", b"%2e")
        yield f"quoted-printable, {name}", b"=3D" + raw[:4] + b"=\r\n" + raw[4:].replace(b"@", b"=40")
        yield f"hex, {name}", raw.hex().encode()
        yield f"HEX, {name}", raw.hex().upper().encode()
        yield f"UTF-16 LE, {name}", f"to {written}!".encode("utf-16-le")
        yield f"UTF-16 BE, {name}", f"to {written}!".encode("utf-16-be")
        for before in (b"", b"a", b"ab"):
            yield f"base64 at {len(before)}, {name}", base64.b64encode(before + raw + b" and more")
            yield f"base64url at {len(before)}, {name}", base64.urlsafe_b64encode(b"\xff" + before + raw)
            yield f"base64 in lines, at {len(before)}, {name}", base64.encodebytes(b"-" * 57 + before + raw + b"-" * 57)
            yield f"base64 of UTF-16 at {len(before)}, {name}", base64.b64encode(before + written.encode("utf-16-le"))
