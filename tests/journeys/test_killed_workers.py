"""Promise 1 under the worst: workers killed and frozen in the middle of 2,000 deliveries, on both databases."""

from collections.abc import Callable

import pytest

from newsletter.outcomes import State
from tests.journeys.conftest import Site
from tests.journeys.crew import CONNECTIONS, READERS, SHORT_LEASE
from tests.servers.postbox import Postbox

PLACES = (20, 220, 440, 680, 920, 1160, 1400, 1640)
"""Messages taken by the server when a worker is killed.  At every other place the server is holding its answers, so
that each connection of the worker is between its dot and the answer; at the others it is killed in full flow."""


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
