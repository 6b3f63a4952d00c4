"""What can be wrong with time and the timetable: clocks that jump, beats in plenty, messages that come back."""

import time
from collections import Counter
from re import findall

from sqlalchemy import update

from newsletter.store.batches import WorkerRow
from tests.journeys.ordeal import PACE, Ordeal
from tests.journeys.scenarios.scenario import Scenario

THREE_DAYS = 3 * 24 * 3600.0
TEN_MINUTES = 600.0


def clock_jumps(ordeal: Ordeal) -> None:
    """The wall clock of workers and beat jumps three days ahead, then three days back, then is right again."""
    ordeal.start(travels=("worker", "beat"))
    ordeal.at(0.2)
    ordeal.clock_ahead(THREE_DAYS)
    ordeal.at(0.5)
    ordeal.clock_ahead(-THREE_DAYS)
    time.sleep(1.2)  # a beat
    ordeal.clock_ahead(0)


def clock_put_right(ordeal: Ordeal) -> None:
    """The wall clock is three days ahead while workers hand back what they had claimed; then it is put right."""
    ordeal.clock_ahead(THREE_DAYS)
    ordeal.start(travels=("worker", "beat"))
    ordeal.at(0.2)
    ordeal.last(60)
    for worker in ordeal.crew:
        assert worker.stop() == 0, ordeal.said[-3000:]
    ordeal.clock_ahead(0)
    ordeal.pace(PACE)
    ordeal.hire()


def clocks_differ(ordeal: Ordeal) -> None:
    """The hosts of the workers are ten minutes ahead of the host of the beat, and of the database's."""
    ordeal.clock_ahead(TEN_MINUTES)
    ordeal.start(travels=("worker",), ring=False)


def database_clock_jumps_ahead(ordeal: Ordeal) -> None:
    """The database's clock jumps ahead: every lease has ended at once, and who is on the wire is overtaken."""
    ordeal.start()
    ordeal.at(0.3)
    for worker in ordeal.crew:
        ordeal.overtake(worker)
    _move_leases(ordeal, -THREE_DAYS)


def database_clock_jumps_back(ordeal: Ordeal) -> None:
    """A worker dies and the database's clock is set back: its lease must not last for three days."""
    ordeal.start()
    ordeal.at(0.3)
    ordeal.kill(ordeal.crew[0])
    ordeal.overtake(ordeal.crew[1])  # it may be taken for another such one, until it has renewed its own
    _move_leases(ordeal, THREE_DAYS)


def _move_leases(ordeal: Ordeal, seconds: float) -> None:
    """Do to the leases what a clock does that jumps by so much the other way: nothing else goes by it."""
    with ordeal.site.here.database.transaction() as session:
        session.execute(update(WorkerRow).values(lease_until=WorkerRow.lease_until + seconds))


def two_beats(ordeal: Ordeal) -> None:
    """Two beats ring each second, all through the run."""
    ordeal.start(beats=2)


def visibility_timeout_of_2_s(ordeal: Ordeal) -> None:
    """The broker delivers each message again that is not done after two seconds, while the first run goes on."""
    ordeal.last(4)
    ordeal.start(
        "many at once", broker={"visibility_timeout": 2, "unacked_restore_interval": 0.5, "unacked_restore_throttle": 1}
    )
    ordeal.until(lambda: not ordeal.site.tally()[1].open, 120)
    runs = Counter(findall(r"Task workers\.delivery\.deliver\[([^]]+)\] received", ordeal.said))
    assert max(runs.values(), default=0) > 1, "no message came twice"


CLOCKS = tuple(
    Scenario(one)
    for one in (
        clock_jumps,
        clock_put_right,
        clocks_differ,
        database_clock_jumps_ahead,
        database_clock_jumps_back,
        two_beats,
        visibility_timeout_of_2_s,
    )
)
