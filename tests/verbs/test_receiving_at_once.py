"""Two workers at what came in: each message once, nobody waits for the other for ever, and people come first."""

from collections import Counter
from functools import partial

import pytest

from newsletter import receiving
from newsletter.badnews import BounceKind
from newsletter.store.notes import NoteRow
from newsletter.store.received import ReceivedRow, ReceivedState
from newsletter.tokens import return_path
from tests.verbs.bounces import WEEKS, bounces, stopped
from tests.verbs.conftest import Installation
from tests.verbs.mail_in import OURS, put, written
from tests.verbs.readers import add, at_once, rows
from tests.verbs.test_receiving_bad_news import dsn

READERS = 12
TIMES = 6


@pytest.fixture
def refs(here: Installation) -> list[bytes]:
    """Readers who were sent two digests."""
    here.load_seeds()
    refs = [add(here, f"reader-{number}@example.org") for number in range(READERS)]
    for week in WEEKS[:2]:
        here.plan(week)
        here.deliver()
    return refs


def test_a_storm_is_worked_off_by_two_once_and_in_any_order(here: Installation, refs: list[bytes]) -> None:
    for turn in range(TIMES):
        for ref in refs if turn % 2 else reversed(refs):
            to = return_path(here.keyring, ref, f"digest@{OURS}")
            put(here, to, dsn(to, f"<{turn}.{ref.hex()}@example.org>"), sender="")
    put(here, f"help@{OURS}", written(f"help@{OURS}"))
    worked = at_once(partial(receiving.work_off, here), partial(receiving.work_off, here))
    assert sum(one.messages for one in worked) == READERS * TIMES + 1
    assert {one.state for one in rows(here, ReceivedRow)} == {ReceivedState.DONE}
    assert sorted(Counter(one.subscriber_id for one in bounces(here)).values()) == [TIMES] * READERS
    assert {one.kind for one in bounces(here)} == {BounceKind.BAD_ADDRESS}
    assert [stopped(here, ref) for ref in refs] == [None] * READERS  # all of one digest
    assert len(rows(here, NoteRow)) == 1


def test_who_asks_is_answered_before_the_storm_that_came_first(here: Installation, refs: list[bytes]) -> None:
    for turn in range(TIMES):
        for ref in refs:
            to = return_path(here.keyring, ref, f"digest@{OURS}")
            put(here, to, dsn(to, f"<{turn}@example.org>"), sender="")
    put(here, f"subscribe-be@{OURS}", written(f"subscribe-be@{OURS}"))
    batches = iter([False, True])
    receiving.work_off(here, enough=lambda: next(batches))
    assert len(rows(here, NoteRow)) == 1
    assert len(bounces(here)) < READERS * TIMES
