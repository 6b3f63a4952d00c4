"""One bad address among thousands: it is judged by itself, and nobody gets two because of it."""

from collections import Counter
from collections.abc import Callable

import pytest

from newsletter.outcomes import State
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

READERS = 2000
BAD = 777
CLOSED = ""


@pytest.mark.parametrize(
    ("database_url", "stage", "answer", "ends"),
    [
        ("sqlite", "answers", "550 5.1.1 no such user", State.REFUSED),
        ("sqlite", "answers", CLOSED, State.DEFERRED),
        ("sqlite", "at_data", "554 5.7.1 spam", State.REFUSED),
        ("sqlite", "at_data", CLOSED, State.DEFERRED),
        ("sqlite", "at_dot", CLOSED, State.DOUBTFUL),
        ("postgresql", "answers", CLOSED, State.DEFERRED),
        ("postgresql", "at_dot", CLOSED, State.DOUBTFUL),
    ],
    indirect=["database_url"],
)
def test_one_bad_address_makes_nobody_get_two(
    install: Callable[..., Installation], postbox: Postbox, stage: str, answer: str, ends: State
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=16, on_doubt="hold", batch_size=500)
    here.load_seeds()
    readers = here.add_readers(READERS)
    getattr(postbox, stage)[readers[BAD]] = answer
    here.plan()
    for minutes in (0, 2, 6):
        here.clock.forward(minutes=minutes)
        here.deliver()
    status = here.status()
    assert status.balances
    assert {state: count for state, count in status.counts.items() if count} == {State.SENT: READERS - 1, ends: 1}
    copies = Counter({to: len(ids) for to, ids in postbox.taken.items()})
    assert copies.pop(readers[BAD], 0) == (ends is State.DOUBTFUL)
    assert copies == dict.fromkeys(readers[:BAD] + readers[BAD + 1 :], 1)
