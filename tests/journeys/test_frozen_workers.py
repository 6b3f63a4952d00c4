"""Promise 1 under the worst: a worker frozen past its lease that wakes up, on both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from tests.journeys.conftest import Site, doubtful
from tests.journeys.crew import CONNECTIONS, READERS, SHORT_LEASE
from tests.servers.postbox import Postbox


@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", ["between dot and answer", "full flow"])
def test_a_frozen_worker_that_wakes_up_sends_nothing_twice(
    site: Callable[..., Site], postbox: Postbox, moment: str
) -> None:
    here = site(ON_DOUBT="hold", **SHORT_LEASE)
    here.run("load", "seeds")
    readers = here.import_readers(READERS)
    here.run("digest", "send", "2019-W41")
    postbox.delay(0.005)
    if moment == "between dot and answer":
        postbox.hold(after=330)
    frozen = here.hire()
    here.ring_until(lambda _state, _tally: postbox.messages >= 330)
    if moment == "between dot and answer":
        postbox.wait("held", CONNECTIONS)
    with here.here.database.transaction() as session:
        # SQLite has one lock for the file: a process frozen with it would hold up all others until it wakes or dies.
        session.execute(text("SELECT 1"))
        frozen.freeze()
    postbox.release()
    other = here.hire()
    # The second worker finds the lease ended, takes over what the first had claimed, and sees the rest through.
    here.ring_until(lambda _state, counted: counted.open == 0)
    frozen.wake()
    assert frozen.stop() == 0
    assert other.stop() == 0
    state, counted = here.tally()
    taken = postbox.taken
    assert max(len(ids) for ids in taken.values()) == 1, "twice"
    assert doubtful(counted) <= CONNECTIONS
    assert doubtful(counted) == CONNECTIONS or moment == "full flow"
    assert counted.states[State.SENT] + doubtful(counted) == READERS
    assert len(readers) - len(taken) <= doubtful(counted), "lost"
    assert state is DigestState.SENT
