"""How fast mail goes out: what the operator allows, and what each server shows that it can take.

A storm of 4xx halves what a server is given; calm doubles it again, until nothing holds it back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from newsletter.clock import monotonic
from newsletter.outcomes import Outcome
from newsletter.store import Database
from newsletter.store.servers import Standing, room, slow_down, spend
from newsletter.transport import Ration, Server

LOOK = 20
"""Answers by which the weather is judged."""

STORM = 0.5
CALM = 0.1
"""Parts of them that are 4xx."""

LEAST = 60.0
"""Messages a minute that a server is given in any weather."""

ENOUGH = 60_000.0
"""Messages a minute above which nothing need hold a server back."""

WAITS = (0.2, 1.0)
"""Seconds between two questions to the database: the least, the most."""

AHEAD = 10.0
"""Seconds for which deliveries are claimed when every server is held back."""


@dataclass(slots=True)
class _Weather:
    """One server's answers since the weather was last judged."""

    limit: float | None
    slowed_to: float | None
    changed: bool = False
    answers: int = 0
    put_off: int = 0
    since: float = field(default_factory=monotonic)

    @property
    def least(self) -> float | None:
        """Messages a minute, by whichever limit is narrower."""
        return min((limit for limit in (self.limit, self.slowed_to) if limit is not None), default=None)


class Paces:
    """Gives rations to the servers of one slice; a `Pace` for the transport.  One that `refuses` gets none."""

    def __init__(
        self,
        database: Database,
        servers: Iterable[Server],
        standings: dict[str, Standing],
        *,
        refuses: Callable[[str], bool] = lambda label: False,  # noqa: ARG005
    ) -> None:
        self._database = database
        self._refuses = refuses
        self._weather = {
            server.label: _Weather(server.per_minute, standings[server.label].slowed_to) for server in servers
        }

    def most(self) -> int | None:
        """Return how many deliveries are worth claiming at once, or None: as many as there are."""
        limits = [weather.least for weather in self._weather.values()]
        known = [limit for limit in limits if limit is not None]
        return max(int(sum(known) * AHEAD / 60), 1) if len(known) == len(limits) else None

    def __call__(self, label: str, want: int) -> Ration:
        """Give what the server may take now, of the `want` that it could."""
        weather = self._weather[label]
        if self._refuses(label):
            return Ration(0, WAITS[1])
        if weather.changed:
            weather.changed = False
            with self._database.transaction() as session:
                slow_down(session, label, weather.slowed_to)
        limit = weather.least
        if limit is None:
            return Ration(want)
        with self._database.transaction() as session:
            allowed, wait = room(session, label, limit)
            given = min(allowed, want)
            if given:
                spend(session, label, limit, given)
        least, most = WAITS
        return Ration(given, 0.0 if given == want else min(max(wait, least), most))

    def note(self, outcome: Outcome) -> None:
        """Take note of an answer; called in the transport's event loop."""
        weather = self._weather.get(outcome.server)
        if weather is None or outcome.code is None:
            return
        weather.answers += 1
        weather.put_off += 400 <= outcome.code < 500
        if weather.answers >= LOOK:
            self._judge(weather)

    def _judge(self, weather: _Weather) -> None:
        now = monotonic()
        rate = weather.answers / max(now - weather.since, 0.001) * 60
        part = weather.put_off / weather.answers
        if part >= STORM:
            weather.slowed_to = max(min(rate, weather.slowed_to or rate) / 2, LEAST)
            weather.changed = True
        elif part <= CALM and weather.slowed_to is not None:
            faster = weather.slowed_to * 2
            weather.slowed_to = faster if faster < ENOUGH else None
            weather.changed = True
        weather.answers = weather.put_off = 0
        weather.since = now
