"""What every provider's part has in common: a request that was posted, the events it brings, and what each tells.

A part does three things.  `check` says at the start whether a secret is one.  `events` believes a request or refuses
it, before anything in it is looked at.  `told` says what an event means; it is asked twice, once at the door, where
what means nothing is let go, and once when the event is worked off.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias

from newsletter.badnews import BounceKind
from newsletter.errors import NewsletterError, OperatorError
from newsletter.inbound.mail import Source

LARGEST = 1024 * 1024
"""Octets of a request: SNS brings at most 256 KB, SendGrid 768 KB; the others an event each."""

OLDEST = timedelta(days=7)
"""How old a report may be.  Providers try for a day at most.

What came in is remembered for twice as long, so that a request that somebody has kept is taken once.
"""

AHEAD = timedelta(hours=1)
"""How far a provider's clock may be before ours."""

DEEPEST = 50
"""Levels of JSON: what may be read must be fit to be written down again, wherever that is done."""

Event: TypeAlias = Mapping[str, Any]
"""An event, as the provider writes it in JSON."""


class NotBelieved(NewsletterError):
    """The request does not prove that the provider has sent it, or it is an old one: nothing in it is looked at."""


class Unreadable(NewsletterError):
    """The request is the provider's and cannot be read."""


class ProviderAway(OperatorError):
    """What has to be asked of the provider cannot be had now; it is to try again."""


@dataclass(frozen=True, slots=True, repr=False)
class Posted:
    """A request as it was posted; the names of `headers` in lower case."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """An event to be kept, and the provider's name for it: the same however often it is posted."""

    source: Source
    id: str
    event: Event

    @property
    def same_as(self) -> bytes:
        """What makes two the same."""
        return blake2b(json.dumps([self.source, self.id]).encode(), digest_size=32).digest()

    @property
    def content(self) -> bytes:
        """The event as it is kept."""
        return json.dumps(self.event).encode()  # in ASCII, whatever is in it


class What(Enum):
    """What an event is about, as far as anything is done about it."""

    NOTHING = auto()  # delivered, opened, tried again later, something between the operator and the provider
    BOUNCED = auto()
    COMPLAINED = auto()
    LEFT = auto()  # pressed a link of the provider's, not ours


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What a provider tells by an event.

    `kind` is what its own word for it means where that is certain; `otherwise` counts where the answer of the reader's
    server says nothing.  `text` and `address` are as they came.  `senders`: who sent the mail, where it says so.
    """

    what: What
    why: str = ""
    address: str = ""
    senders: Sequence[str] = field(default=())
    kind: BounceKind | None = None
    otherwise: BounceKind = BounceKind.UNKNOWN
    enhanced: str = ""
    text: str = ""


def nothing(why: str) -> Told:
    """Return that there is nothing to do."""
    return Told(What.NOTHING, why)


class Provider(Protocol):
    """One provider's part."""

    @property
    def source(self) -> Source:
        """By which door its events come."""

    @property
    def content_types(self) -> Sequence[str]:
        """What it posts."""

    def check(self, secret: str) -> str:
        """Return what the secret should look like; nothing if it does."""

    def events(self, posted: Posted, secret: str) -> Sequence[Report]:
        """Return what a request brings, whatever it means.

        Raises
        NotBelieved: forged, or older than `OLDEST`.
        Unreadable: it is the provider's, and no events.
        ProviderAway: it cannot be told now.
        """

    def told(self, event: Event) -> Told:
        """Return what an event means; whatever is in it."""


def is_fresh(at: datetime, now: datetime) -> bool:
    """Say whether something signed `at` is to be taken `now`."""
    return now - OLDEST <= at <= now + AHEAD


def instant(seconds: object) -> datetime | None:
    """Return the instant that a number of seconds since 1970 names, written in digits; None if it is none such."""
    text = str(seconds) if isinstance(seconds, str | int) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def read_json(octets: bytes) -> Any:
    """Return what JSON says.

    Raises
    Unreadable: it is none, or one that no provider writes.
    """
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        raise Unreadable("the report is not JSON") from None
    level = [found]
    for _ in range(DEEPEST):
        level = [inside for one in level for inside in _inside(one)]
        if not level:
            return found
    raise Unreadable("the report is nested too deep")


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def fingerprint(event: Event) -> str:
    """Return a name for an event that has none: the same for the same."""
    return blake2b(json.dumps(event, sort_keys=True).encode(), digest_size=32).hexdigest()


def part(value: object, *path: str) -> Event:
    """Return the object at `path` of one; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def words(value: object, *path: str) -> str:
    """Return the text at `path` of an object, a number as it is written; nothing where there is neither."""
    found = part(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else str(found) if isinstance(found, int) else ""


def first(value: object, *path: str) -> Event:
    """Return the first object of the list at `path`; an empty one where there is none."""
    found = part(value, *path[:-1]).get(path[-1])
    return next((one for one in found if isinstance(one, Mapping)), {}) if isinstance(found, list) else {}
