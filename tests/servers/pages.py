"""The public pages on a real HTTP server, with the sample publication in the archive."""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from pydantic import SecretStr

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.editing import load, read_tree
from newsletter.runtime import Runtime
from newsletter.settings import Settings
from newsletter.store.subscribers import SubscriberRow
from newsletter.tokens import Purpose, make
from newsletter.web import create_app
from tests.servers.hall import Hall
from tests.servers.sample import SEEDS, sample_weeks

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    text: str


def runtime_at(
    database_url: str,
    data_dir: Path,
    *,
    now: datetime = NOW,
    base_url: str = "http://pages.test",
    discreet_base_url: str = "http://letter.test",
    **settings: Any,
) -> Runtime:
    """Return a runtime over a database that was set up `now`: weeks due before are history, so they are published."""
    given = Settings(
        data_dir=data_dir,
        database_url=SecretStr(database_url),
        publication=SEEDS / "publication.toml",
        base_url=base_url,
        discreet_base_url=discreet_base_url,
        **settings,
    )
    runtime = Runtime(given, clock=lambda: now)
    runtime.set_up(runtime.database)
    return runtime


def load_seeds(runtime: Runtime, folder: Path = SEEDS) -> None:
    """Put commentaries into the archive."""
    weeks = sample_weeks(runtime.publication) if folder == SEEDS else read_tree(folder, runtime.publication)
    with runtime.database.transaction() as session:
        load(session, weeks)


def add_reader(
    runtime: Runtime, address: str = "reader@example.org", *, edition: str = "be-ru", discreet: bool = False
) -> bytes:
    """Make a subscriber; return the `ref` that tokens name."""
    chosen = runtime.publication.edition(edition)
    variant = Variant.DISCREET if discreet else Variant.FULL
    wish = subscribing.Wish(addresses.parse(address), chosen, chosen.orders[-1], variant)
    with runtime.database.transaction() as session:
        subscribing.add(session, runtime.keyring, [wish], today=date(2026, 11, 1))
        lookup = runtime.keyring.lookup(wish.address.canonical)
        ref: bytes = session.query(SubscriberRow.ref).filter_by(lookup=lookup).one()[0]
    return ref


def count_readers(runtime: Runtime) -> int:
    """Return how many subscribers there are."""
    with runtime.database.reading() as session:
        return session.query(SubscriberRow).count()


class Outside:
    """A server as anybody sees it who knows where it is."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.host}:{self.port}"

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | bytes | None = None,
    ) -> Answer:
        """Send one request; a mapping is posted url-encoded."""
        sent = dict(headers or {})
        body = None
        if isinstance(form, Mapping):
            body = urlencode(form).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif form is not None:
            body = form
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body, sent)
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read().decode())
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """Send octets as they are; return the first line of the answer."""
        with socket.create_connection((self.host, self.port), timeout=30) as connection:
            connection.sendall(request)
            with connection.makefile("rb") as lines:
                return lines.readline()


class Pages(Outside):
    """A running server in this process; use it in a `with` block."""

    def __init__(self, runtime: Runtime, hall: Hall | None = None) -> None:
        self.runtime = runtime
        self._app = create_app(runtime)
        self._hall = hall or Hall.taken()
        super().__init__(self._hall.host, self._hall.port)

    def __enter__(self) -> Self:
        self._hall.open(self._app)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._hall.leave()
        self.runtime.database.close()

    def token(self, purpose: Purpose, ref: bytes) -> str:
        """Return a reader's token."""
        return make(self.runtime.keyring, purpose, ref)
