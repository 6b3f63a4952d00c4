"""The gate when the database fails: no mark, no dot; a mark that was granted is never taken back."""

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from newsletter.clock import monotonic
from newsletter.delivering.gate import LedgerGate
from newsletter.delivering.writer import Writer
from newsletter.outcomes import Outcome, State
from newsletter.store import Database, DatabaseAway, open_database
from newsletter.store.batches import due_letters, take_seat
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestState
from newsletter.store.ledger import Settled
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

NOW = datetime(2019, 10, 14, 6, tzinfo=UTC)


def writer_of(
    here: Installation,
    done: Callable[[Collection[int], Collection[int]], None],
    lease_since: float | None = None,
) -> Writer:
    """Take a seat at the first letter that is due."""
    with here.database.transaction() as session:
        (letter_id,) = due_letters(session, now=NOW)
        worker_id = take_seat(session, letter_id, seats=1, host="test", lease_seconds=60)
    assert worker_id is not None
    return Writer(
        here.database,
        worker_id,
        lease_seconds=60,
        lease_since=monotonic() if lease_since is None else lease_since,
        clock=here.clock,
        done=done,
    )


def opened(
    here: Installation,
    done: Callable[[Collection[int], Collection[int]], None],
    lease_since: float | None = None,
) -> LedgerGate:
    """Open a gate for the first letter that is due."""
    return LedgerGate(writer_of(here, done, lease_since), lambda _id, outcome: Settled(outcome, answered=True))


async def marked(gate: LedgerGate, id: int) -> bool:
    """Ask for a mark, in an event loop."""
    return await gate.mark(id)


def states(here: Installation) -> list[State]:
    with here.database.reading() as session:
        return list(session.scalars(select(DeliveryRow.state).order_by(DeliveryRow.id)))


def test_what_fails_after_the_commit_takes_no_mark_back(here: Installation) -> None:
    here.load_seeds()
    here.add_readers(2)
    here.plan()

    def fail(_settled: Collection[int], _unmarked: Collection[int]) -> None:
        raise DatabaseAway("it went away after the commit")

    gate = opened(here, fail)
    assert asyncio.run(marked(gate, 1))
    assert states(here) == [State.SENDING, State.QUEUED]
    gate.settle(1, Outcome(State.SENT))
    gate.close()
    assert states(here) == [State.SENT, State.QUEUED]


def test_a_mark_that_is_refused_before_it_is_written_is_answered(here: Installation) -> None:
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    gate = opened(here, lambda _settled, _unmarked: None)

    async def both() -> bool:
        waiting = gate.mark(1)
        await asyncio.sleep(0)
        gate.settle(1, Outcome(State.REFUSED))
        return await waiting

    asyncio.run(both())
    gate.close()
    assert states(here) == [State.REFUSED]


def test_a_refusal_that_comes_before_the_first_mark_holds_up_nobody(here: Installation) -> None:
    here.load_seeds()
    here.add_readers(2)
    here.plan()
    flushed = threading.Event()
    gate = opened(here, lambda _settled, _unmarked: flushed.set())

    async def refuse_and_mark() -> bool:
        gate.settle(1, Outcome(State.REFUSED))
        await asyncio.to_thread(flushed.wait)
        return await asyncio.wait_for(gate.mark(2), 10)

    assert asyncio.run(refuse_and_mark())
    gate.close()
    assert states(here) == [State.REFUSED, State.SENDING]


def test_nothing_is_marked_once_the_lease_is_gone(here: Installation) -> None:
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    gate = opened(here, lambda _settled, _unmarked: None)
    with here.database.transaction() as session:
        session.execute(text("UPDATE workers SET lease_until = 0"))
    assert not asyncio.run(marked(gate, 1))
    assert gate.lost
    gate.close()
    assert states(here) == [State.QUEUED]


def test_a_mark_that_comes_after_the_lease_sends_nothing_and_ends_the_slice(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    monkeypatch.setattr(Writer, "follow_up", lambda _: None)  # it has not come to that since it woke up
    gate = opened(here, lambda _settled, _unmarked: None, lease_since=monotonic() - 100)

    assert not asyncio.run(marked(gate, 1))
    assert states(here) == [State.SENDING]
    assert gate.lost, "its seat would be given back with a row that says `sending`"
    gate.close()


def test_a_lease_that_is_found_gone_after_the_commit_is_not_taken_for_alive(here: Installation) -> None:
    """A frozen process may wake up between the commit of its marks and the look whether they still count."""
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    since = monotonic() - 40  # a third of its lease has gone: it is renewed with the next commit
    writer = writer_of(here, lambda _settled, _unmarked: None, since)
    assert writer.write([1], {}) == {1}
    with here.database.transaction() as session:
        session.execute(text("DELETE FROM batches WHERE worker_id IS NOT NULL"))
        session.execute(text("DELETE FROM workers"))
    writer.follow_up()
    assert (writer.lost, writer.alive) == (True, False)
    writer.close()


def cut_all_connections(url: str) -> None:
    database: Database = open_database(url)
    with database.transaction() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_to_the_database_that_are_cut_lose_nobody_and_send_nothing_twice(
    install: Callable[..., Installation], database_url: str, postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=4, lease_seconds=2, batch_size=100)
    here.load_seeds()
    readers = here.add_readers(400)
    here.plan()
    postbox.delay(0.01)
    deadline = monotonic() + 60

    def deliver() -> None:
        while monotonic() < deadline:
            with suppress(DatabaseAway):
                here.deliver()
                if here.status().state is DigestState.SENT:
                    return

    sending = threading.Thread(target=deliver)
    sending.start()
    for messages in (40, 130, 250):
        postbox.wait("messages", messages)
        cut_all_connections(database_url)
    sending.join()
    status = here.status()
    assert status.balances
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)
    assert status.counts[State.SENT] == 400
