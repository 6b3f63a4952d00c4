"""Settling doubt: owed again under the same Message-ID, or left at that, as an operator decides; and it is kept."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from newsletter import delivering, publishing
from newsletter.outcomes import Reason, State
from newsletter.publishing.holding import NotNow
from newsletter.store.audit import AuditRow
from newsletter.store.batches import BatchRow, due_letters
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.owing import cover, owe_again
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation


@pytest.fixture
def held(install: Callable[..., Installation], postbox: Postbox) -> Installation:
    """Thirty readers, of whom five are in doubt."""
    here = install(smtp_url=postbox.url, smtp_connections=4, on_doubt="hold", batch_size=10)
    here.load_seeds()
    here.add_readers(30)
    for place in (3, 4, 11, 25, 29):
        postbox.at_dot[f"en-full-{place}@example.org"] = ""
    here.plan()
    here.deliver()
    for _ in range(3):  # who is next on a connection that is cut waits a minute, or five, and may be so again
        here.clock.forward(minutes=30)
        here.deliver()
    for name in list(postbox.at_dot):
        del postbox.at_dot[name]
    return here


def resend(here: Installation) -> int:
    with here.database.transaction() as session:
        size = here.settings.batch_size
        return publishing.resend_doubtful(session, WEEK, now=here.clock(), who="test", batch_size=size)


def leave(here: Installation) -> int:
    with here.database.transaction() as session:
        return publishing.leave_doubtful(session, WEEK, now=here.clock(), who="test")


def listed(here: Installation) -> list[int]:
    with here.database.reading() as session:
        return [one.id for one in publishing.doubtful(session, WEEK)]


def last_deed(here: Installation) -> tuple[str, str, str | None]:
    with here.database.reading() as session:
        row = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
        assert row is not None
        return row.who, row.what, row.ref


def ranges(here: Installation) -> list[tuple[int, int]]:
    with here.database.reading() as session:
        return [(row.lo, row.hi) for row in session.scalars(select(BatchRow).order_by(BatchRow.lo))]


def is_sound(here: Installation) -> bool:
    with here.database.reading() as session:
        return publishing.check(session, WEEK).is_sound


def test_doubt_is_listed_by_letter_and_server_and_holds_no_address(held: Installation, postbox: Postbox) -> None:
    assert held.status().state is DigestState.SENT, "doubt is an end"
    with held.database.reading() as session:
        found = publishing.doubtful(session, WEEK)
    assert len(found) == 5
    for one in found:
        assert (one.edition, one.languages, one.variant, one.crashes) == ("en", "en", "full", 1)
        assert one.at is not None
        assert one.at <= held.clock()
        assert str(postbox.port) in one.server
    assert "example.org" not in repr(found)


def test_what_is_owed_again_goes_out_under_the_same_message_id(held: Installation, postbox: Postbox) -> None:
    held.clock.forward(hours=100)
    assert resend(held) == 5
    status = held.status()
    assert (status.state, status.counts[State.QUEUED], status.counts[State.SENT]) == (DigestState.SENDING, 5, 25)
    assert is_sound(held)
    with held.database.reading() as session:
        assert due_letters(session, now=held.clock()), "the bell is rung for it"
    held.deliver()
    assert sorted(len(ids) for ids in postbox.taken.values()) == [1] * 25 + [2] * 5
    assert all(len(set(ids)) == 1 for ids in postbox.taken.values())
    assert held.status().state is DigestState.SENT
    assert listed(held) == []
    assert last_deed(held) == ("test", "5 in doubt owed again", "2019-W41")


def test_what_is_owed_again_has_its_crashes_and_its_two_days_before_it(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=1)  # with `resend`, the third crash ends it
    here.load_seeds()
    (reader,) = here.add_readers(1)
    postbox.at_dot[reader] = ""
    here.plan()
    for _ in range(4):
        here.deliver()
        here.clock.forward(minutes=2)
    assert (here.status().counts[State.DOUBTFUL], postbox.messages) == (1, 3)
    here.clock.forward(hours=72)
    assert resend(here) == 1
    here.deliver()
    assert here.status().counts[State.QUEUED] == 1, "another cut, and it is owed again as after the first"
    here.clock.forward(minutes=2)
    postbox.at_dot[reader] = "451 4.3.0 later"
    here.deliver()
    assert here.status().counts[State.DEFERRED] == 1, "not given up as expired"
    del postbox.at_dot[reader]
    here.clock.forward(minutes=10)
    here.deliver()
    assert here.status().counts[State.SENT] == 1


def test_who_has_left_or_paused_since_stays_in_doubt(held: Installation, postbox: Postbox) -> None:
    with held.database.transaction() as session:
        wanted = select(DeliveryRow.subscriber_id).where(DeliveryRow.id.in_(listed(held)[:2]))
        paused = update(SubscriberRow).where(SubscriberRow.id.in_(wanted)).values(state=SubscriberState.PAUSED)
        session.execute(paused)
    assert resend(held) == 3
    assert len(listed(held)) == 2
    held.deliver()
    assert held.status().counts[State.DOUBTFUL] == 2
    assert held.status().state is DigestState.SENT


def test_what_is_left_stays_doubtful_and_is_listed_no_more(held: Installation, postbox: Postbox) -> None:
    assert leave(held) == 5
    assert listed(held) == []
    assert (leave(held), resend(held)) == (0, 0)
    status = held.status()
    assert (status.state, status.counts[State.DOUBTFUL], status.balances) == (DigestState.SENT, 5, True)
    with held.database.reading() as session:
        reasons = select(DeliveryRow.reason).where(DeliveryRow.state == State.DOUBTFUL)
        assert set(session.scalars(reasons)) == {Reason.ACKNOWLEDGED}
    assert last_deed(held) == ("test", "5 left in doubt", "2019-W41")
    held.deliver()
    assert postbox.messages == 30


def test_a_paused_digest_owes_again_what_is_in_doubt_once_it_is_resumed(held: Installation, postbox: Postbox) -> None:
    with held.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.PAUSED))
    assert resend(held) == 5
    held.deliver()
    assert (held.status().state, postbox.messages) == (DigestState.PAUSED, 30)
    with held.database.transaction() as session:
        publishing.resume(session, WEEK, now=held.clock(), who="test")
    held.deliver()
    assert (held.status().state, postbox.messages) == (DigestState.SENT, 35)


def test_doubt_of_a_cancelled_digest_may_be_left_and_not_owed_again(held: Installation) -> None:
    with held.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.CANCELLED))
    with pytest.raises(NotNow, match="the digest is cancelled, and cannot be sent again"):
        resend(held)
    assert leave(held) == 5


@pytest.mark.parametrize("deed", [resend, leave])
def test_what_was_never_planned_has_no_doubt_to_settle(
    install: Callable[..., Installation], deed: Callable[[Installation], int]
) -> None:
    here = install()
    assert listed(here) == []
    with pytest.raises(NotNow, match="no digest is planned"):
        deed(here)


def test_batches_over_what_is_owed_again_hold_each_row_once(held: Installation) -> None:
    """Ended rows may lie between; another batch may not, and none is longer than it should be."""
    with held.database.transaction() as session:
        first = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id)).first() or 0
        letter = session.scalars(select(DeliveryRow.letter_id)).first()
        other = BatchRow(letter_id=letter, lo=first + 12, hi=first + 13, worker_id=None, not_before=held.clock())
        session.add(other)
        session.execute(update(DigestRow).values(state=DigestState.SENDING))
        ids = [first + place for place in (3, 4, 11, 13, 15, 25, 29)]
        owe_again(session, ids, batch_size=13)
    assert [(lo - first, hi - first) for lo, hi in ranges(held)] == [(3, 11), (12, 13), (15, 25), (29, 29)]
    with held.database.transaction() as session:
        cover(session, ids, batch_size=13)
    assert len(ranges(held)) == 4, "covering twice makes nothing new"
    held.deliver()
    assert ranges(held) == []
    assert is_sound(held)


def test_a_batch_that_waits_is_hurried_if_a_row_in_it_is_owed_again(held: Installation, postbox: Postbox) -> None:
    """One reader is deferred for hours; its batch holds a row in doubt, which need not wait for that."""
    with held.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.SENDING))
        waiting = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()[5]
        later = held.clock().replace(year=2020)
        waiting.state, waiting.not_before = State.DEFERRED, later
        lo = waiting.id - 5
        session.add(BatchRow(letter_id=waiting.letter_id, lo=lo, hi=lo + 9, worker_id=None, not_before=later))
    assert resend(held) == 5
    held.deliver()
    status = held.status()
    assert (status.counts[State.DEFERRED], status.counts[State.SENT]) == (1, 29)
    with held.database.reading() as session:
        (left,) = session.scalars(select(BatchRow))
    assert left.not_before == later


def test_what_is_open_and_in_no_batch_gets_one_from_the_upkeep(held: Installation, postbox: Postbox) -> None:
    with held.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.SENDING))
        session.execute(
            update(DeliveryRow).where(DeliveryRow.id.in_(listed(held))).values(state=State.QUEUED, reason=None)
        )
    assert not is_sound(held)
    with held.database.transaction() as session:
        delivering.finish_digests(session, now=held.clock())
    assert is_sound(held)
    held.deliver()
    assert (held.status().state, postbox.messages) == (DigestState.SENT, 35)
