"""The welcome: who joins during a run gets this digest, once, whichever doors and planners are at it."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import delete, select, update

from newsletter import addresses, publishing, subscribing
from newsletter.digest import Variant
from newsletter.outcomes import State
from newsletter.store import Session
from newsletter.store.batches import BatchRow
from newsletter.store.commentaries import CommentaryRow
from newsletter.store.deliveries import DeliveryRow, PlanRow
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from newsletter.subscribing import Wish
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still

LAST = Week(2019, 12)


def join(
    here: Installation, *names: str, edition: str = "en", order: tuple[str, ...] = (), variant: Variant = Variant.FULL
) -> int:
    """Add them and welcome them in one transaction, as a door does; return how many were owed the digest."""
    wishes = wishes_of(here, *names, edition=edition, order=order, variant=variant)
    with here.database.transaction() as session:
        subscribing.add(session, here.keyring, wishes, today=here.clock().date())
        return welcome(here, session, subscribing.refs_of(session, here.keyring, wishes))


def wishes_of(
    here: Installation, *names: str, edition: str = "en", order: tuple[str, ...] = (), variant: Variant = Variant.FULL
) -> list[Wish]:
    wanted = here.publication.edition(edition)
    return [Wish(addresses.parse(name), wanted, wanted.order(order), variant) for name in names]


def welcome(here: Installation, session: Session, refs: Sequence[bytes]) -> int:
    size = here.settings.batch_size
    return publishing.welcome(session, here.publication, refs, now=here.clock(), batch_size=size)


def send(here: Installation, week: Week) -> int:
    with here.database.transaction() as session:
        return publishing.send(
            session, here.publication, week, now=here.clock(), who="test", batch_size=here.settings.batch_size
        ).planned


def plans(here: Installation) -> list[tuple[str, int]]:
    with here.database.reading() as session:
        return [(row.wave, row.planned) for row in session.scalars(select(PlanRow).order_by(PlanRow.id))]


def is_sound(here: Installation, week: Week = WEEK) -> bool:
    with here.database.reading() as session:
        return publishing.check(session, week).is_sound


@pytest.fixture
def loaded(here: Installation) -> Installation:
    """The sample's commentaries, and thirty readers of one letter."""
    here.load_seeds()
    here.add_readers(30)
    return here


def test_who_joins_during_a_run_gets_this_digest(loaded: Installation, postbox: Postbox) -> None:
    loaded.plan()
    with standing_still(loaded, postbox):
        assert join(loaded, "new@example.org") == 1
    loaded.deliver()
    assert Counter(map(len, postbox.taken.values())) == {1: 31}
    assert "new@example.org" in postbox.taken
    assert plans(loaded) == [("weekly", 30), ("welcome", 1)]
    status = loaded.status()
    assert (status.state, status.planned, status.counts[State.SENT]) == (DigestState.SENT, 31, 31)
    assert is_sound(loaded)


def test_who_joins_afterwards_gets_the_newest_and_the_digest_is_sent_once_more(
    loaded: Installation, postbox: Postbox
) -> None:
    send(loaded, LAST)
    loaded.plan()
    loaded.deliver()
    before = postbox.messages
    assert join(loaded, "new@example.org") == 1
    assert loaded.status().state is DigestState.SENDING
    assert loaded.status(LAST).state is DigestState.SENT
    loaded.deliver()
    assert postbox.messages == before + 1
    assert loaded.status().state is DigestState.SENT


def test_a_paused_digest_stays_paused(loaded: Installation, postbox: Postbox) -> None:
    loaded.plan()
    with loaded.database.transaction() as session:
        publishing.pause(session, WEEK, now=loaded.clock(), who="test")
    assert join(loaded, "new@example.org") == 1
    loaded.deliver()
    assert (loaded.status().state, postbox.messages) == (DigestState.PAUSED, 0)


def test_a_cancelled_week_is_passed_over(loaded: Installation) -> None:
    send(loaded, LAST)
    loaded.plan()
    with loaded.database.transaction() as session:
        publishing.cancel(session, WEEK, now=loaded.clock(), who="test")
    assert join(loaded, "new@example.org") == 1
    assert (loaded.status().planned, loaded.status(LAST).planned) == (30, 31)


def test_nothing_planned_means_nothing_owed(loaded: Installation) -> None:
    with loaded.database.transaction() as session:
        publishing.assemble(session, loaded.publication, WEEK)
    assert join(loaded, "new@example.org") == 0
    assert plans(loaded) == []


def test_a_letter_that_nobody_read_before_is_written_from_the_frozen_content(
    loaded: Installation, postbox: Postbox
) -> None:
    loaded.plan()
    with loaded.database.transaction() as session:
        session.execute(delete(CommentaryRow))  # whatever becomes of the archive
    assert join(loaded, "one@example.org", "two@example.org", edition="be-ru", order=("ru", "be")) == 2
    assert join(loaded, "three@example.org", edition="be-ru", order=("ru", "be")) == 1
    assert join(loaded, "four@example.org", variant=Variant.DISCREET) == 1
    loaded.deliver()
    with loaded.database.reading() as session:
        letters = select(LetterRow.edition, LetterRow.languages, LetterRow.variant).order_by(LetterRow.id)
        found = [tuple(map(str, row)) for row in session.execute(letters)]
    assert found == [("en", "en", "full"), ("be-ru", "ru be", "full"), ("en", "en", "discreet")]
    assert Counter(map(len, postbox.taken.values())) == {1: 34}
    assert is_sound(loaded)


def test_nobody_is_welcomed_twice_nor_who_has_it_nor_who_is_not_written_to(loaded: Installation) -> None:
    loaded.plan()
    assert join(loaded, "en-full-3@example.org", "new@example.org") == 1
    assert join(loaded, "en-full-3@example.org", "new@example.org") == 0
    with loaded.database.transaction() as session:
        session.execute(update(SubscriberRow).values(state=SubscriberState.PAUSED))
        session.execute(delete(DeliveryRow))
        refs = session.scalars(select(SubscriberRow.ref)).all()
        assert welcome(loaded, session, refs) == 0
    assert plans(loaded) == [("weekly", 30), ("welcome", 1)]


def test_languages_in_which_there_is_nothing_get_nothing(loaded: Installation) -> None:
    loaded.plan()
    with loaded.database.transaction() as session:
        row = session.scalars(select(DigestRow).where(DigestRow.week == str(WEEK))).one()
        content = json.loads(json.dumps(row.content))
        for one in content["commentaries"]:
            one["translations"] = {"en": one["translations"].get("en", {"headline": "", "standfirst": "", "body": ""})}
        row.content = content
    assert join(loaded, "new@example.org", edition="be-ru") == 0
    assert is_sound(loaded)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do them in threads that begin together; fail if one does."""
    start, failed = threading.Barrier(len(deeds)), list[BaseException]()

    def do(deed: Callable[[], object]) -> None:
        try:
            start.wait()
            deed()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []


def twice_or_split(here: Installation) -> tuple[list[int], list[int]]:
    """Return readers who have two of one digest, and ids that no plan or two batches hold."""
    with here.database.reading() as session:
        rows = session.execute(select(DeliveryRow.digest_id, DeliveryRow.subscriber_id, DeliveryRow.id)).all()
        batches = session.scalars(select(BatchRow)).all()
    readers = Counter((digest, reader) for digest, reader, _ in rows)
    held = Counter(id for batch in batches for id in range(batch.lo, batch.hi + 1))
    return [reader for (_, reader), n in readers.items() if n > 1], [id for _, _, id in rows if held[id] != 1]


def test_two_doors_at_once_owe_one_letter_to_each(loaded: Installation) -> None:
    loaded.plan()
    _ = loaded.keyring
    for turn in range(8):
        names = [f"new-{turn}-{place}@example.org" for place in range(3)]
        same = partial(join, loaded, *names)
        at_once(same, same, partial(join, loaded, names[0], edition="be-ru"))
    assert twice_or_split(loaded) == ([], [])
    assert loaded.status().planned == 30 + 24
    assert is_sound(loaded)


def test_two_welcomes_of_the_same_readers_at_once_are_one(loaded: Installation) -> None:
    loaded.plan()
    _ = loaded.keyring
    for turn in range(8):
        wishes = wishes_of(loaded, f"new-{turn}@example.org")
        with loaded.database.transaction() as session:
            subscribing.add(session, loaded.keyring, wishes, today=loaded.clock().date())
            refs = subscribing.refs_of(session, loaded.keyring, wishes)

        def again(refs: Sequence[bytes] = refs) -> None:
            with loaded.database.transaction() as session:
                welcome(loaded, session, refs)

        at_once(again, again, again)
    assert twice_or_split(loaded) == ([], [])
    assert loaded.status().planned == 38


def weeks_owed_to(here: Installation, name: str) -> Sequence[str]:
    with here.database.reading() as session:
        (ref,) = subscribing.refs_of(session, here.keyring, wishes_of(here, name))
        return session.scalars(
            select(DigestRow.week)
            .join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id)
            .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
            .where(SubscriberRow.ref == ref)
        ).all()


def test_a_welcome_beside_the_weekly_planning_leaves_nobody_without_the_new_digest(loaded: Installation) -> None:
    """Who joins while a week is planned gets that week, planned or welcomed, even as the first of their kind."""
    _ = loaded.keyring
    send(loaded, LAST)
    for turn in range(8):
        newest = Week.parse(f"2019-W{42 + turn}")
        with loaded.database.transaction() as session:
            content = session.scalars(select(DigestRow.content).where(DigestRow.content.is_not(None))).first()
            session.add(DigestRow(week=str(newest), state=DigestState.ASSEMBLED, content=content))
        kinds = [("en", Variant.FULL), ("be-ru", Variant.FULL), ("en", Variant.DISCREET), ("be-ru", Variant.DISCREET)]
        edition, variant = kinds[turn % 4]
        name = f"new-{turn}@example.org"
        at_once(partial(send, loaded, newest), partial(join, loaded, name, edition=edition, variant=variant))
        assert str(newest) in weeks_owed_to(loaded, name)
        assert is_sound(loaded, newest)
    assert twice_or_split(loaded) == ([], [])
