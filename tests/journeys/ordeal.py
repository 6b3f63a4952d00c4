"""An ordeal: one digest on its way to its readers, with real workers, while something is done to them."""

import random
import time
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from celery import Celery

from newsletter.clock import monotonic
from newsletter.outcomes import State
from newsletter.store.deliveries import Tally
from newsletter.store.digests import DigestState
from tests.journeys.account import Account, settle_account
from tests.journeys.site import Site
from tests.servers.broker import Broker
from tests.servers.crew import Born, Nursery
from tests.servers.postbox import Postbox
from tests.servers.postgresql import Cluster

PACE = 1600
"""Messages a second that the server takes from all workers together: slow enough to be disturbed in the middle."""

LOOK = 0.02
"""Seconds between two looks at what is waited for."""

STANDSTILL = 30.0
"""Seconds without any news after which a digest counts as stuck."""


class Ordeal:
    """What a scenario works with.  `at_risk` grows by the connections open whenever a process is cut off."""

    def __init__(
        self,
        site: Site,
        postbox: Postbox,
        readers: list[str],
        *,
        nursery: Nursery,
        broker: Broker,
        workers: int,
        cluster: Cluster | None = None,
        kills: int = 8,
        seed: int = 0,
    ) -> None:
        self.site = site
        self.postbox = postbox
        self.readers = readers
        self._nursery = nursery
        self.broker = broker
        self.cluster = cluster
        self.connections = site.here.settings.smtp_connections
        self.wanted = workers
        self.kills = kills
        self.random = random.Random(seed)
        self.at_risk = 0
        self.left: dict[str, bool] = {}
        self.turned: dict[str, bool] = {}
        self.crew: list[Born] = []
        self.beats: list[Born] = []
        self._log, self._clock = site.folder / "worker.log", site.folder / "clock"
        self.clock_ahead(0)
        self.pace(PACE)

    def pace(self, rate: float) -> None:
        """Set how many messages a second the server takes from all workers together."""
        self.postbox.delay(self.connections * self.wanted / rate)

    def last(self, seconds: float) -> None:
        """Slow the server down, so that the whole digest takes at least so long."""
        self.pace(min(PACE, len(self.readers) / seconds))

    def start(
        self,
        job: str = "worker",
        *,
        beats: int = 1,
        broker: Mapping[str, Any] = MappingProxyType({}),
        travels: Collection[str] = (),
        ring: bool = True,
    ) -> None:
        """Start the workers and beats, ring, and wait until all workers are at it, the server holding its answers.

        The wall clocks of jobs in `travels` go by `clock_ahead`.
        """
        self._job, self._options, self._travels = job, broker, travels
        self.postbox.hold()
        for _ in range(self.wanted):
            self.hire()
        self.beats = [self._born("beat") for _ in range(beats)]
        self.all_at_it(ring=ring)
        self.postbox.release()

    def all_at_it(self, *, ring: bool = True) -> None:
        """Wait until every worker has all its connections open, or as many as there is work for."""
        alive = [worker for worker in self.crew if worker.alive]
        rung = 0.0

        def begun() -> bool:
            nonlocal rung
            if ring and monotonic() - rung > 0.5:
                self.ring()  # a worker that is at it already may have taken the bell
                rung = monotonic()
            return all(self.postbox.open_of(worker.name) for worker in alive)

        self.until(begun)
        self.give_time(lambda: all(self.postbox.open_of(worker.name) >= self.connections for worker in alive))

    def hire(self) -> Born:
        """Start one more worker."""
        self.crew.append(self._born(self._job))
        return self.crew[-1]

    def _born(self, job: str) -> Born:
        clock = self._clock if job in self._travels else None
        return self._nursery.hire(job, self.site.environment, log=self._log, broker=self._options, clock=clock)

    def clock_ahead(self, seconds: float) -> None:
        """Set the wall clocks of those that travel so much ahead of ours, or back."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._clock)

    def ring(self) -> None:
        """Ring the bell, as a command does; the beat may be most of a second away."""
        with Celery(broker=self.broker.url, set_as_current=False) as app:
            app.send_task("workers.upkeep.ring", queue="newsletter", ignore_result=True)

    def until(self, what: Callable[[], object], seconds: float = 60) -> None:
        """Wait until it is so; fail after so many seconds with what the workers said."""
        deadline = monotonic() + seconds
        while not what():
            assert monotonic() < deadline, f"not within {seconds} s; the workers said:\n{self.said[-3000:]}"
            time.sleep(LOOK)

    @property
    def said(self) -> str:
        """What workers and beats have logged."""
        return self._log.read_text(errors="replace")

    def at(self, share: float) -> None:
        """Wait until the server has taken that share of all messages; fail if nothing is owed any more by then."""
        self.postbox.wait("messages", round(share * len(self.readers)), 120)
        assert self.site.tally()[1].open, "too late: nothing was left to disturb"

    def give_time(self, what: Callable[[], object], seconds: float = 5) -> None:
        """Wait until it is so, or so long."""
        deadline = monotonic() + seconds
        while not what() and monotonic() < deadline:
            time.sleep(LOOK)

    def kill(self, worker: Born) -> int:
        """Kill -9; return how many connections it had, as the server counts them."""
        before = self.postbox.cut(worker.name)
        worker.kill()
        self.postbox.wait_gone(worker.name)
        cut = self.postbox.cut(worker.name) - before
        self.at_risk += cut
        return cut

    def overtake(self, worker: Born) -> None:
        """Take note that others will find that worker's lease ended while it still has connections open."""
        self.at_risk += self.postbox.open_of(worker.name)

    def finish(self) -> Account:
        """See the digest to its end, stop everybody as an operator does, and count."""
        self._settle_down()
        alive = [worker for worker in (*self.beats, *self.crew) if worker.alive]
        for worker in alive:
            worker.ask_to_stop()
        for worker in alive:
            self._see_off(worker)
        state, counted = self.site.tally()
        return settle_account(
            self.site.here,
            state,
            counted,
            readers=dict.fromkeys(self.readers),
            taken=self.postbox.taken,
            senders=self.postbox.senders,
            left=self.left,
            turned=self.turned,
            at_risk=self.at_risk,
        )

    def _settle_down(self) -> None:
        seen: tuple[DigestState, Tally, int] | None = None
        since = monotonic()
        while monotonic() - since < STANDSTILL:
            state, counted = self.site.tally()
            if state is DigestState.SENT and not counted.open:
                return
            news = (state, counted, self.postbox.messages)
            if news != seen:
                seen, since = news, monotonic()
            time.sleep(5 * LOOK)

    def _see_off(self, worker: Born) -> None:
        deadline = monotonic() + 60
        while not worker.has_ended() and monotonic() < deadline:
            self.ring()  # who waits for a bell looks up at once
            time.sleep(5 * LOOK)
        code = worker.end(0)
        # A beat that is told to stop while it waits for the broker says so loudly, and ends all the same.
        assert code == 0 or worker in self.beats, f"{worker.name} ended with {code}:\n{self.said[-3000:]}"

    def sent(self) -> int:
        """Return how many deliveries the ledger calls sent."""
        return self.site.tally()[1].states[State.SENT]

    def close(self) -> None:
        """End everybody."""
        for worker in (*self.beats, *self.crew):
            if worker.alive:
                worker.kill()
        self.site.here.database.close()
