"""Promise 1 under the worst: workers killed and frozen in the middle of 2,000 deliveries, on both databases."""

from collections.abc import Callable

import pytest

from newsletter.outcomes import State
from tests.journeys.conftest import Site, doubtful
from tests.servers.postbox import Postbox

READERS = 2000
PLACES = (20, 220, 440, 680, 920, 1160, 1400, 1640)
"""Messages taken by the server when a worker is killed.  At every other place the server is holding its answers, so
that each connection of the worker is between its dot and the answer; at the others it is killed in full flow."""

CONNECTIONS = 4
SHORT_LEASE = {"LEASE_SECONDS": "2", "SMTP_CONNECTIONS": str(CONNECTIONS), "BATCH_SIZE": "100", "SLICE_SECONDS": "60"}


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
        open_at_kills += postbox.open // 2
        crew[turn % 2].kill()
        postbox.hold()
        crew[turn % 2] = here.hire()
    postbox.release()
    counted = here.ring_until_sent()
    assert counted.states[State.SENT] == READERS
    taken = postbox.taken
    assert set(readers) == set(taken), "lost"
    assert sum(len(ids) - 1 for ids in taken.values()) <= open_at_kills, "twice"
    assert all(len(set(ids)) == 1 for ids in taken.values()), "a copy under another Message-ID"


@pytest.mark.timeout(300)
def test_a_frozen_worker_that_wakes_up_sends_nothing_twice(site: Callable[..., Site], postbox: Postbox) -> None:
    here = site(ON_DOUBT="hold", **SHORT_LEASE)
    here.run("load", "seeds")
    readers = here.import_readers(READERS)
    postbox.delay(0.004)
    here.run("digest", "send", "2019-W41")
    first = here.hire()
    here.ring_until(lambda _state, _tally: postbox.messages >= 300)
    first.freeze()
    here.hire()
    # The second worker finds the lease ended, takes over what the first had claimed, and sees all the rest through.
    here.ring_until(lambda _state, counted: counted.open == 0)
    assert doubtful(here.tally()[1]) > 0
    first.wake()
    assert first.stop() == 0
    counted = here.ring_until_sent()
    taken = postbox.taken
    assert max(len(ids) for ids in taken.values()) == 1, "twice"
    assert len(readers) - len(taken) <= doubtful(counted), "lost"
    assert counted.states[State.SENT] + doubtful(counted) == READERS
