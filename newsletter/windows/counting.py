"""Windows of time in Valkey: counts whose keys expire by themselves.

A window is fixed: it opens with the first count and closes so many seconds later, so up to twice its limit may fall
into as many seconds around a closing.  That is enough for what it guards, and costs one number a window.

A network is named by a keyed hash alone: who reads Valkey, its log of commands or a backup learns no visitor.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.clock import monotonic
from newsletter.sealing import Keyring

log = logging.getLogger(__name__)

T = TypeVar("T")

PREFIX = "newsletter:"
"""The broker's own keys lie beside ours."""

HOUR = 3600
MINUTE = 60
ASKED = "asked"
CONFIRMED = "confirmed"

TIMEOUT = 0.3
"""Seconds that a connection, and then each answer, may take: a page is waiting."""

PAUSE = 5.0
"""Seconds for which a Valkey that did not answer is left alone."""

COUNT = """\
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 1]) then return 0 end
end
for i = 1, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('EXPIRE', KEYS[i], ARGV[2 * i]) end
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in so many seconds; of each network by itself where `whose` names one."""

    name: str
    most: int
    seconds: int
    whose: str = ""


class Windows:
    """The windows of one installation.  It connects at first use.

    While Valkey is away nothing is counted and everything is allowed: a form that is closed to everybody would do an
    attacker's work, and the limits of each address stand in the database.
    """

    def __init__(self, url: str, keyring: Keyring, *, clock: Callable[[], float] = monotonic) -> None:
        self._client = _client(url)
        self._count = self._client.register_script(COUNT)
        self._keyring = keyring
        self._clock = clock
        self._lock = Lock()
        self._away_until: float | None = None

    def count(self, *limits: Limit) -> bool:
        """Count one more in each window if none of them is full; say whether that was so.

        What is refused is counted nowhere, so a network beyond its own limit uses up nobody else's.  One round trip,
        and atomic: of those who come at once, no more get in than there is room for.
        """
        keys = [self._window(limit) for limit in limits]
        numbers = [number for limit in limits for number in (limit.most, limit.seconds)]
        return self._ask(lambda: bool(self._count(keys, numbers)), otherwise=True)

    def tell(self, what: str, *, now: datetime, times: int = 1) -> None:
        """Note so many more of `what` (ASKED, CONFIRMED); they are forgotten after an hour."""
        key = f"{PREFIX}told:{what}:{_minute(now)}"
        with self._client.pipeline() as both:
            both.incr(key, times)
            both.expire(key, HOUR + 2 * MINUTE)
            self._ask(both.execute, otherwise=None)

    def how_many(
        self, what: str, *, now: datetime, since: timedelta = timedelta(hours=1), until: timedelta = timedelta()
    ) -> int:
        """Return how many of `what` were told from `since` ago (an hour at most) to `until` ago, in whole minutes."""
        minutes = range(_minute(now - since) + 1, _minute(now - until) + 1)
        keys = [f"{PREFIX}told:{what}:{minute}" for minute in minutes]
        return self._ask(lambda: sum(int(number or 0) for number in self._client.mget(keys)), otherwise=0)

    def attack_since(self) -> datetime | None:
        """Return when attack mode switched itself on; None while it is off."""
        found = self._ask(lambda: self._client.get(f"{PREFIX}attack"), otherwise=None)
        return datetime.fromisoformat(str(found)) if found else None

    def set_attack(self, *, now: datetime) -> bool:
        """Keep attack mode on for an hour from now; say whether it was off: one of all who see it at once hears yes."""
        key = f"{PREFIX}attack"
        if self._ask(lambda: self._client.set(key, now.isoformat(), nx=True, ex=HOUR), otherwise=None):
            return True
        self._ask(lambda: self._client.expire(key, HOUR), otherwise=None)
        return False

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._client.close()

    def _window(self, limit: Limit) -> str:
        if not limit.whose:
            return f"{PREFIX}window:{limit.name}"
        _, mac = self._keyring.mac(b"window", f"{limit.name}\0{limit.whose}".encode())
        return f"{PREFIX}window:{limit.name}:{mac[:16].hex()}"

    def _ask(self, question: Callable[[], T], *, otherwise: T) -> T:
        with self._lock:
            was_away = self._away_until is not None
            if self._away_until is not None:
                if self._clock() < self._away_until:
                    return otherwise
                self._away_until = self._clock() + PAUSE  # one tries, the others do not wait with it
        try:
            answer = question()
        except (redis.RedisError, OSError) as error:
            with self._lock:
                is_news = self._away_until is None
                self._away_until = self._clock() + PAUSE
            if is_news:  # no text of the error: it may name the broker's URL
                log.warning("Valkey does not answer (%s): requests are not counted until it does", type(error).__name__)
            return otherwise
        if was_away:
            with self._lock:
                self._away_until = None
            log.info("Valkey answers again: requests are counted")
        return answer


def _minute(instant: datetime) -> int:
    return int(instant.timestamp()) // MINUTE


def _client(url: str) -> "redis.Redis":
    # The broker's URL is written as Celery reads it, which differs in the scheme and some values from redis-py's own.
    parts = urlsplit(url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {
        name: given[name] for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile") if name in given
    }
    if "ssl_cert_reqs" in given:
        options["ssl_cert_reqs"] = given["ssl_cert_reqs"].removeprefix("CERT_").lower()
    if given.get("virtual_host", "").strip("/").isdecimal():
        options["db"] = int(given["virtual_host"].strip("/"))
    scheme = "unix" if parts.scheme == "redis+socket" else parts.scheme
    return redis.Redis.from_url(
        f"{scheme}://{parts.netloc}{parts.path}",
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        **options,
    )
