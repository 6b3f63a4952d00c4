"""What goes through the broker names no reader: every command and every key of a whole run is looked at."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from tests.journeys.ground import Ground, Setting
from tests.journeys.ordeal import Ordeal
from tests.journeys.scenarios.scenario import Scenario
from tests.journeys.search import Listener, laid_open

NAMES = ("example.org", "reader-")
"""Every reader of the ground has both in the address."""


def spellings(name: str) -> Iterator[bytes]:
    """Yield how a name may be written in plain text, in small letters."""
    raw = name.encode()
    yield raw
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield quote(name, safe="").lower().encode()
    yield raw.hex().encode()


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
