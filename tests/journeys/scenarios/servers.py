"""What can happen to the broker and to PostgreSQL."""

import time

from tests.journeys.ordeal import Ordeal
from tests.journeys.scenarios.scenario import SHORT_LEASE, SOON_DEAD, Scenario


def broker_killed(ordeal: Ordeal) -> None:
    """The broker dies and comes back."""
    ordeal.start()
    ordeal.at(0.3)
    ordeal.broker.kill()
    time.sleep(1.5)
    ordeal.broker.start()


def broker_flushed(ordeal: Ordeal) -> None:
    """The broker forgets everything, several times."""
    ordeal.start()
    for share in (0.1, 0.3, 0.5, 0.7):
        ordeal.at(share)
        ordeal.broker.flush()


def broker_frozen(ordeal: Ordeal) -> None:
    """The broker takes connections and says nothing, and comes back."""
    ordeal.start()
    ordeal.at(0.3)
    ordeal.broker.freeze()
    try:
        time.sleep(3)
    finally:
        ordeal.broker.wake()


def postgresql_restarted(ordeal: Ordeal) -> None:
    """PostgreSQL is shut down in order and started again within a lease: outcomes wait in hand, nothing is in doubt."""
    _restart(ordeal, hard=False)


def postgresql_killed(ordeal: Ordeal) -> None:
    """The same, but it dies."""
    _restart(ordeal, hard=True)


def postgresql_away_for_long(ordeal: Ordeal) -> None:
    """PostgreSQL dies and comes back when every lease has ended: what was on the wire is in doubt."""
    _restart(ordeal, hard=True, seconds=SHORT_LEASE + 1)


def _restart(ordeal: Ordeal, *, hard: bool, seconds: float = 0) -> None:
    assert ordeal.cluster is not None, "not ours to stop"
    ordeal.start()
    ordeal.at(0.3)
    if seconds:
        for worker in ordeal.crew:
            ordeal.overtake(worker)
    ordeal.cluster.stop(hard=hard)
    time.sleep(seconds)
    ordeal.cluster.start()


POSTGRESQL = ("postgresql",)

SERVERS = (
    Scenario(broker_killed),
    Scenario(broker_flushed),
    Scenario(broker_frozen),
    Scenario(postgresql_restarted, databases=POSTGRESQL),
    Scenario(postgresql_killed, databases=POSTGRESQL),
    Scenario(postgresql_away_for_long, databases=POSTGRESQL, on_doubt=("resend", "hold"), settings=SOON_DEAD),
)
