"""What can happen to a worker: killed, frozen, told to stop, its disk full."""

import resource
import sqlite3
import time
from pathlib import Path

from sqlalchemy import or_, select

from newsletter.clock import monotonic
from newsletter.outcomes import OPEN, State
from newsletter.store.batches import BatchRow, WorkerRow
from newsletter.store.deliveries import DeliveryRow
from tests.journeys.ordeal import PACE, Ordeal
from tests.journeys.scenarios.scenario import SOON_DEAD, Scenario
from tests.servers.crew import Born

GRACE = 30.0
"""Seconds that a worker told to stop waits for answers to its dots."""


def killed(ordeal: Ordeal) -> None:
    """A worker dies by kill -9 at random places; another is started for it.

    At every other place the server holds back its answers, so that each connection of the worker is between its dot and
    the answer; at the others it dies in full flow.
    """
    end = int(len(ordeal.readers) * 0.85)
    places = sorted(ordeal.random.sample(range(end), ordeal.kills))
    ordeal.start()
    for turn, place in enumerate(places):
        ordeal.postbox.wait("messages", place)
        time.sleep(ordeal.random.uniform(0, 0.03))
        if turn % 2:
            ordeal.postbox.hold()
            ordeal.give_time(lambda: ordeal.postbox.held >= ordeal.connections * ordeal.wanted)
        cut = ordeal.kill(ordeal.random.choice([worker for worker in ordeal.crew if worker.alive]))
        assert cut or not turn % 2, "a worker was killed that had nothing on the wire"
        ordeal.postbox.hold()
        ordeal.hire()
        ordeal.all_at_it()
        ordeal.postbox.release()


def frozen(ordeal: Ordeal) -> None:
    """A worker is frozen past its lease in full flow; another sends what it had in hand, and then it wakes up."""
    _frozen(ordeal, hold=False)


def frozen_between_dot_and_answer(ordeal: Ordeal) -> None:
    """The same, while the server has every message of the frozen worker and has answered none."""
    _frozen(ordeal, hold=True)


def _frozen(ordeal: Ordeal, *, hold: bool) -> None:
    ordeal.start("many at once")
    ordeal.at(0.2)
    ordeal.pace(min(PACE / 4, len(ordeal.readers) / 12))  # it must wake up before the digest is at its end
    if hold:
        ordeal.postbox.hold()
        ordeal.postbox.wait("held", ordeal.connections * len(ordeal.crew))
    freeze_between_transactions(ordeal, ordeal.crew[0])
    ordeal.overtake(ordeal.crew[0])
    ordeal.postbox.release()
    with ordeal.site.here.database.reading() as session:
        in_hand = session.execute(select(BatchRow.lo, BatchRow.hi).where(BatchRow.worker_id.is_not(None))).all()
    assert in_hand
    owed = select(DeliveryRow.id).where(
        or_(*(DeliveryRow.id.between(lo, hi) for lo, hi in in_hand)), DeliveryRow.state.in_([*OPEN, State.SENDING])
    )

    def sent_by_another() -> bool:
        with ordeal.site.here.database.reading() as session:
            return session.scalars(owed.limit(1)).first() is None

    ordeal.until(sent_by_another)
    ordeal.at(0)
    ordeal.crew[0].wake()
    ordeal.pace(PACE)


def told_to_stop(ordeal: Ordeal) -> None:
    """A worker is told to stop: it claims nothing more, finishes what is on the wire, and releases the rest."""
    ordeal.start()
    ordeal.at(0.3)
    ordeal.last(60)  # longer than anybody would wait
    began = monotonic()
    assert ordeal.crew[0].stop() == 0, ordeal.said[-3000:]
    assert monotonic() - began < GRACE / 2, "it began something new"
    with ordeal.site.here.database.reading() as session:
        seats = session.scalars(select(WorkerRow.id)).all()
    assert len(seats) <= len(ordeal.crew) - 1, "it kept its seat, and with it what it had claimed"
    ordeal.pace(PACE)
    ordeal.hire()


def told_to_stop_while_the_server_is_silent(ordeal: Ordeal) -> None:
    """The same, while the server answers no dot: after 30 seconds what is on the wire is in doubt."""
    ordeal.start()
    ordeal.at(0.3)
    ordeal.postbox.hold()
    ordeal.postbox.wait("held", ordeal.connections * len(ordeal.crew))
    victim = ordeal.crew[0]
    ordeal.overtake(victim)
    began = monotonic()
    assert victim.stop() == 0, ordeal.said[-3000:]
    assert GRACE - 1 < monotonic() - began < GRACE + 10, "it should wait for thirty seconds, no less and not much more"
    ordeal.postbox.release()


def disk_full(ordeal: Ordeal) -> None:
    """The disk is full for all workers for a second, then there is room again."""
    ordeal.start()
    ordeal.at(0.3)
    room = (ordeal.site.folder / "worker.log").stat().st_size + 20_000
    for worker in ordeal.crew:
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    time.sleep(1)
    before = ordeal.postbox.messages
    time.sleep(0.5)
    assert ordeal.postbox.messages == before, "mail was sent that could not be written down"
    for worker in ordeal.crew:
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def freeze_between_transactions(ordeal: Ordeal, worker: Born) -> None:
    """Freeze a worker that holds no lock of the database.

    SQLite has one for the file: a process frozen with it holds up all others until it wakes or dies; PostgreSQL cuts
    such a one off after a minute.
    """
    while True:
        worker.freeze()
        if not _holds_a_lock(ordeal):
            return
        worker.wake()
        time.sleep(ordeal.random.uniform(0, 0.02))


def _holds_a_lock(ordeal: Ordeal) -> bool:
    database = ordeal.site.here.database
    if database.is_sqlite:
        connection = sqlite3.connect(Path(str(database.engine.url.database)), timeout=0.3, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False
    time.sleep(0.1)
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    with database.engine.connect() as session:
        counts = []
        for _ in range(3):
            counts.append(session.exec_driver_sql(idle).scalar_one())
            session.rollback()
            time.sleep(0.03)
    return all(counts)


WORKERS = (
    # A dead worker keeps its seat until its lease has ended.
    Scenario(killed, on_doubt=("resend", "hold"), settings={**SOON_DEAD, "SLICES_PER_LETTER": 16}),
    Scenario(frozen, on_doubt=("resend", "hold"), settings=SOON_DEAD),
    Scenario(frozen_between_dot_and_answer, on_doubt=("resend", "hold"), settings=SOON_DEAD),
    Scenario(told_to_stop),
    Scenario(told_to_stop_while_the_server_is_silent),
    Scenario(disk_full, databases=("sqlite",)),
)
