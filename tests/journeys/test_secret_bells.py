"""What goes through the broker names no reader: every command and every key of a whole run is looked at."""

import base64
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

from tests.journeys.ground import Ground, Setting
from tests.journeys.ordeal import Ordeal
from tests.journeys.scenarios.scenario import Scenario
from tests.servers.broker import Broker

NAMES = ("example.org", "reader-")
"""Every reader of the ground has both in the address."""

ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
ORDINARY = bytes.maketrans(b"-_", b"+/")


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


def spellings(name: str) -> Iterator[bytes]:
    """Yield how a name may be written in plain text, in small letters."""
    raw = name.encode()
    yield raw
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield quote(name, safe="").lower().encode()
    yield raw.hex().encode()


def laid_open(said: bytes) -> bytes:
    """Return what was said, with whatever may be base64 in it decoded beside it, and in that again."""
    new = said
    for _ in range(2):
        found = {run[begin:].translate(ORDINARY) for run in ENCODED.findall(new) for begin in range(4)}
        new = b"\n".join(base64.b64decode(run + b"=" * (-len(run) % 4)) for run in found if len(run) % 4 != 1)
        said += b"\n" + new
    return said


def test_no_message_and_no_key_in_the_broker_names_a_reader(ground: Ground) -> None:
    with ground.ordeal(Setting(Scenario(Ordeal.start), "sqlite", "hold", workers=2)) as ordeal:
        listener = Listener(ordeal.broker)
        ordeal.start("many at once", beats=2)
        ordeal.at(0.5)
        kept = ordeal.broker.contents()
        assert ordeal.finish().broken == []
    listener.join(10)
    everything = laid_open(b"\n".join((listener.heard, *kept))).lower()
    assert b"workers.delivery.deliver" in listener.heard, "nothing was heard"
    assert b"workers." in b"\n".join(kept), "no message was kept"
    assert b'[[1], {}, {"callbacks"' in everything, "the messages were not laid open"
    assert [one for name in NAMES for one in spellings(name) if one in everything] == []


def test_a_reader_would_be_found_however_written() -> None:
    for before in ("", "a", "ab"):
        told = f'{before}{{"to": "reader-7@example.org"}}'.encode()
        once = base64.b64encode(told)
        for said in (
            told,
            once,
            base64.urlsafe_b64encode(told),
            b"body=" + base64.b64encode(once),
            told.hex().encode(),
        ):
            everything = laid_open(said).lower()
            assert all(any(one in everything for one in spellings(name)) for name in NAMES)
