"""Planning: everyone who is to get a letter is owed it once, under ids that follow on each other."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select, update

from newsletter.digest import Variant
from newsletter.outcomes import State
from newsletter.store import Database, open_database
from newsletter.store.batches import BatchRow
from newsletter.store.deliveries import DeliveryRow, PlanRow, tally
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow
from newsletter.store.planning import Share, plan_share
from newsletter.store.subscribers import (
    NewSubscriber,
    Readership,
    SubscriberRow,
    SubscriberState,
    add_subscribers,
    new_ref,
    readerships,
)

NOW = datetime(2019, 10, 14, 5, 0, tzinfo=UTC)
ENGLISH = Readership("en", "en", Variant.FULL, 0)


@pytest.fixture
def store(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def letter(store: Database, week: str) -> tuple[int, int]:
    """Make a digest with one letter; return their ids."""
    with store.transaction() as session:
        digest = DigestRow(week=week, state=DigestState.SENDING)
        session.add(digest)
        session.flush()
        words = {"subject": "s", "sender": "a@b.example", "headers": "", "text": "t"}
        row = LetterRow(digest_id=digest.id, edition="en", languages="en", variant=Variant.FULL, **words)
        session.add(row)
        session.flush()
        return digest.id, row.id


def readers(store: Database, number: int, *, edition: str = "en", variant: Variant = Variant.FULL) -> None:
    new = []
    for place in range(number):
        lookup = f"{edition} {variant} {place}".encode().ljust(20)
        new.append(
            NewSubscriber(new_ref(), lookup, [lookup], b"sealed", b"d" * 20, b"sealed", edition, edition, variant, "en")
        )
    with store.transaction() as session:
        assert len(add_subscribers(session, new, today=date(2019, 10, 1))) == number


def plan(store: Database, ids: tuple[int, int], *, size: int = 10) -> int:
    with store.transaction() as session:
        return plan_share(session, ids[0], Share(ids[1], ENGLISH), now=NOW, batch_size=size)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 25])
def test_ids_of_a_plan_follow_on_each_other_and_batches_cover_each_once(store: Database, number: int) -> None:
    readers(store, number)
    assert plan(store, letter(store, "2019-W41")) == number
    with store.reading() as session:
        (written,) = session.scalars(select(PlanRow))
        ids = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id)).all()
        batches = session.scalars(select(BatchRow).order_by(BatchRow.lo)).all()
    assert list(ids) == list(range(written.lo, written.lo + number))
    assert [id for batch in batches for id in range(batch.lo, batch.hi + 1)] == list(ids)
    assert all(batch.hi - batch.lo < 10 for batch in batches)


def test_only_active_readers_of_that_edition_order_and_variant_are_planned(store: Database) -> None:
    readers(store, 3)
    readers(store, 3, edition="be-ru")
    readers(store, 3, variant=Variant.DISCREET)
    with store.transaction() as session:
        ids = session.scalars(select(SubscriberRow.id).order_by(SubscriberRow.id)).all()
        paused = update(SubscriberRow).where(SubscriberRow.id == ids[0]).values(state=SubscriberState.PAUSED)
        session.execute(paused)
    assert plan(store, letter(store, "2019-W41")) == 2
    with store.reading() as session:
        assert set(session.scalars(select(DeliveryRow.subscriber_id))) == set(ids[1:3])
        assert sum(one.readers for one in readerships(session)) == 8


def test_planning_again_reaches_only_who_came_since(store: Database) -> None:
    ids = letter(store, "2019-W41")
    readers(store, 5)
    assert plan(store, ids) == 5
    assert plan(store, ids) == 0
    with store.transaction() as session:
        session.execute(update(SubscriberRow).values(edition="en"))
    readers(store, 2, edition="late")
    with store.transaction() as session:
        session.execute(
            update(SubscriberRow).where(SubscriberRow.edition == "late").values(edition="en", languages="en")
        )
    assert plan(store, ids) == 2
    with store.reading() as session:
        counted = tally(session, ids[0])
    assert (counted.planned, counted.states[State.QUEUED], counted.balances) == (7, 7, True)


def test_only_those_named_are_planned_and_the_rest_follow_without_a_gap(store: Database) -> None:
    """Readers who have one already lie between those who are planned: the ids follow on each other all the same."""
    ids = letter(store, "2019-W41")
    readers(store, 25)
    with store.transaction() as session:
        refs = session.scalars(select(SubscriberRow.ref).order_by(SubscriberRow.id)).all()
        named = {"wave": "welcome", "only": refs[::2]}
        assert plan_share(session, ids[0], Share(ids[1], ENGLISH), now=NOW, batch_size=10, **named) == 13
        assert plan_share(session, ids[0], Share(ids[1], ENGLISH), now=NOW, batch_size=10, **named) == 0
    assert plan(store, ids) == 12
    with store.reading() as session:
        plans = session.scalars(select(PlanRow).order_by(PlanRow.id)).all()
        rows = session.execute(select(DeliveryRow.id, DeliveryRow.plan_id).order_by(DeliveryRow.id)).all()
        batches = session.scalars(select(BatchRow).order_by(BatchRow.lo)).all()
    assert [(one.wave, one.planned) for one in plans] == [("welcome", 13), ("welcome", 0), ("weekly", 12)]
    assert [id for id, _ in rows] == [id for one in plans for id in range(one.lo, one.lo + one.planned)]
    assert [id for one in batches for id in range(one.lo, one.hi + 1)] == [id for id, _ in rows]


def test_planners_at_the_same_time_never_share_an_id(store: Database, database_url: str) -> None:
    """Two letters of one digest, and one of another: nobody twice in a digest, no gap in a plan."""
    readers(store, 40)
    first, other = letter(store, "2019-W41"), letter(store, "2019-W42")

    def planner(ids: tuple[int, int]) -> int:
        database = open_database(database_url)
        try:
            return plan(database, ids)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        planned = list(pool.map(planner, [first, other, first, other]))
    assert sorted(planned) == [0, 0, 40, 40]
    with store.reading() as session:
        plans = session.scalars(select(PlanRow)).all()
        rows = session.execute(select(DeliveryRow.id, DeliveryRow.plan_id, DeliveryRow.digest_id)).all()
    for one in plans:
        mine = sorted(id for id, plan_id, _ in rows if plan_id == one.id)
        assert mine == list(range(one.lo, one.lo + one.planned))
    assert Counter(digest for _, _, digest in rows) == {first[0]: 40, other[0]: 40}


def test_an_account_that_does_not_balance_is_noticed(store: Database) -> None:
    ids = letter(store, "2019-W41")
    readers(store, 3)
    plan(store, ids)
    with store.transaction() as session:
        lost = session.scalars(select(DeliveryRow)).first()
        session.delete(lost)
    with store.reading() as session:
        assert not tally(session, ids[0]).balances
    with store.transaction() as session:
        values = {"id": 10_000, "digest_id": ids[0], "letter_id": ids[1], "plan_id": 999, "state": State.QUEUED}
        session.execute(insert(DeliveryRow).values(**values, attempts=0, crashes=0, copy=0))
    with store.reading() as session:
        assert not tally(session, ids[0]).balances  # one that no plan knows is nobody's
