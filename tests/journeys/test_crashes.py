"""Promise 1 under the worst: workers killed and frozen in the middle of 2,000 deliveries, on both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from tests.journeys.conftest import Site, doubtful
from tests.servers.postbox import Postbox

READERS = 2000
PLACES = (20, 220, 440, 680, 920, 1160, 1400, 1640)
"""Messages taken by the server when a worker is killed.  At every other place the server is holding its answers, so
that each connection of the worker is between its dot and the answer; at the others it is killed in full flow."""

CONNECTIONS = 4
SHORT_LEASE = {"LEASE_SECONDS": "5", "SMTP_CONNECTIONS": str(CONNECTIONS), "BATCH_SIZE": "100", "SLICE_SECONDS": "60"}


@pytest.mark.timeout(400)
def test_kill_9_at_eight_places_loses_nobody(site: Callable[..., Site], postbox: Postbox) -> None:
    here = site(ON_DOUBT="resend", **SHORT_LEASE)
    here.run("load", "seeds")
    readers = here.import_readers(READERS)
    here.run("digest", "send", "2019-W41")
    postbox.delay(0.005)
    postbox.hold()
    crew = [here.hire(), here.hire()]
    open_at_kills = 0
    for turn, place in enumerate(PLACES):
        # Both are at it, each with all its connections, before either is killed.
        here.ring_until(lambda _state, _tally: postbox.open == 2 * CONNECTIONS)
        postbox.release()
        postbox.wait("messages", place)
        if turn % 2:
            postbox.hold()
            postbox.wait("held", 2 * CONNECTIONS)
        closed = postbox.closed
        crew[turn % 2].kill()
        postbox.hold()
        open_at_kills += postbox.wait("closed", closed + CONNECTIONS) - closed
        crew[turn % 2] = here.hire()
    postbox.release()
    counted = here.ring_until_sent()
    assert open_at_kills == CONNECTIONS * len(PLACES), "a worker was killed that had nothing on the wire"
    assert counted.states[State.SENT] == READERS
    taken = postbox.taken
    assert set(readers) == set(taken), "lost"
    assert sum(len(ids) - 1 for ids in taken.values()) <= open_at_kills, "twice"
    assert all(len(set(ids)) == 1 for ids in taken.values()), "a copy under another Message-ID"


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
