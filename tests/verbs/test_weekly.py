"""Promise 7: one digest a week, whoever asks, how often, how late, and whatever the clock does."""

import threading
from datetime import UTC, datetime

import pytest

from newsletter import editing, publishing
from newsletter.errors import OperatorError
from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from newsletter.store.notices import unseen_notices
from newsletter.weeks import Week
from tests.verbs.conftest import SEEDS, WEEK, Installation

DUE = datetime(2019, 10, 14, 5, 0, tzinfo=UTC)
"""8:00 on Monday in Minsk, when 2019-W41 goes out."""


def beat(here: Installation) -> dict[Week, DigestState]:
    """Do what the beat's task does every minute."""
    now = here.clock()
    with here.database.reading() as session:
        due = publishing.due_weeks(session, here.publication, now=now)
    states = {}
    for week in due:
        with here.database.transaction() as session:
            states[week] = publishing.close_week(session, here.publication, week, now=now, batch_size=1000)
    return states


def notices(here: Installation, week: Week = WEEK) -> list[str]:
    with here.database.reading() as session:
        return [notice.kind for notice in unseen_notices(session) if notice.week == str(week)]


@pytest.fixture
def due(here: Installation) -> Installation:
    """An installation with three readers, set up in the week before, a minute after the sample week's hour."""
    here.set_up_at(datetime(2019, 10, 8, tzinfo=UTC))
    here.load_seeds()
    here.add_readers(3)
    here.clock.now = DUE
    here.clock.forward(minutes=1)
    return here


def test_nothing_happens_before_the_hour(due: Installation) -> None:
    due.clock.now = DUE
    due.clock.forward(seconds=-1)
    assert beat(due) == {}


def test_the_week_goes_out_at_its_hour_and_no_other_week_does(due: Installation) -> None:
    due.clock.now = DUE
    assert beat(due) == {WEEK: DigestState.SENDING}
    assert due.status().planned == 3


def test_a_second_beat_plans_nothing(due: Installation) -> None:
    beat(due)
    assert beat(due) == {}
    with due.database.transaction() as session:
        state = publishing.close_week(session, due.publication, WEEK, now=due.clock(), batch_size=1000)
    assert state is DigestState.SENDING
    assert due.status().planned == 3


def test_two_beats_at_the_same_instant_make_one_digest(due: Installation) -> None:
    start = threading.Barrier(2)
    found: list[DigestState] = []

    def close() -> None:
        start.wait()
        with due.database.transaction() as session:
            found.append(publishing.close_week(session, due.publication, WEEK, now=due.clock(), batch_size=1000))

    beats = [threading.Thread(target=close) for _ in range(2)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()
    assert found == [DigestState.SENDING, DigestState.SENDING]
    assert due.status().planned == 3


def test_a_clock_going_back_makes_no_second_digest(due: Installation) -> None:
    beat(due)
    due.deliver()
    due.clock.forward(days=-6)
    assert WEEK not in beat(due)
    due.clock.now = DUE
    assert beat(due) == {}
    assert due.status().state is DigestState.SENT


def test_a_late_beat_within_the_limit_still_sends(due: Installation) -> None:
    due.clock.forward(hours=23)
    assert beat(due) == {WEEK: DigestState.SENDING}


def test_too_late_for_an_automatic_start_is_a_notice_and_no_mail(due: Installation) -> None:
    due.clock.forward(hours=25)
    assert beat(due) == {WEEK: DigestState.EXPIRED}
    assert notices(due) == ["late"]
    assert due.status().planned == 0


def test_an_operators_send_is_never_too_late(due: Installation) -> None:
    due.clock.forward(hours=25)
    beat(due)
    assert due.plan() == 3
    assert due.status().state is DigestState.SENDING


def test_weeks_missed_while_the_service_stood_still_are_told_of(due: Installation) -> None:
    due.clock.forward(days=15)
    states = beat(due)
    assert states == {WEEK: DigestState.EXPIRED, Week(2019, 43): DigestState.EMPTY}


def test_weeks_before_the_service_was_set_up_are_history(due: Installation) -> None:
    due.set_up_at(datetime(2019, 10, 14, 5, 0, 30, tzinfo=UTC))
    assert beat(due) == {}


def test_an_empty_week_is_a_notice_once(due: Installation) -> None:
    due.clock.forward(days=7)
    empty = Week(2019, 42)
    assert beat(due)[empty] is DigestState.EMPTY
    assert beat(due) == {}
    assert notices(due, empty) == ["empty"]


def test_an_approval_is_waited_for_and_what_was_approved_goes_out(due: Installation) -> None:
    due.publication = due.publication.model_copy(update={"approval": "one"})
    assert beat(due) == {WEEK: DigestState.ASSEMBLED}
    beat(due)
    assert notices(due) == ["approval"]
    with pytest.raises(OperatorError, match="not approved"):
        due.plan()
    with due.database.transaction() as session:
        publishing.approve(session, due.publication, WEEK, now=due.clock(), who="test")
    assert beat(due) == {WEEK: DigestState.SENDING}


def test_a_planned_digest_is_frozen(due: Installation) -> None:
    beat(due)
    with due.database.transaction() as session, pytest.raises(publishing.AlreadyPlanned):
        publishing.assemble(session, due.publication, WEEK)


def test_assembling_again_before_planning_is_welcome(due: Installation) -> None:
    for _ in range(2):
        with due.database.transaction() as session:
            publishing.assemble(session, due.publication, WEEK)
    status = due.status()
    assert (status.state, status.planned) == (DigestState.ASSEMBLED, 0)
    assert [letter.omitted for letter in status.letters] == [("language-of-official-news",)]


def test_an_operators_send_of_an_empty_week_says_so(due: Installation) -> None:
    with due.database.transaction() as session, pytest.raises(publishing.NothingToSay):
        publishing.send(session, due.publication, Week(2019, 42), now=due.clock(), who="test", batch_size=1000)


def test_a_second_send_by_hand_plans_nothing(due: Installation) -> None:
    assert due.plan() == 3
    assert due.plan() == 0
    due.deliver()
    assert due.plan() == 0
    assert due.status().counts[State.SENT] == 3


def test_what_was_approved_goes_out_however_late_it_was_approved(due: Installation) -> None:
    due.publication = due.publication.model_copy(update={"approval": "one"})
    due.clock.forward(hours=25)
    assert beat(due) == {WEEK: DigestState.EXPIRED}
    with due.database.transaction() as session:
        publishing.approve(session, due.publication, WEEK, now=due.clock(), who="test")
    assert beat(due) == {WEEK: DigestState.SENDING}


def test_a_send_by_hand_to_nobody_is_refused_and_freezes_nothing(here: Installation) -> None:
    here.load_seeds()
    with pytest.raises(OperatorError, match="no active subscriber"):
        here.plan()
    here.add_readers(1)
    assert here.plan() == 1


def test_a_week_that_nobody_can_read_is_not_frozen(here: Installation) -> None:
    here.set_up_at(datetime(2019, 10, 8, tzinfo=UTC))
    here.load_seeds()
    here.clock.now = DUE
    assert beat(here) == {WEEK: DigestState.EMPTY}
    assert notices(here) == ["nobody"]
    here.add_readers(1)
    assert here.plan() == 1


def test_a_send_by_hand_of_nothing_in_anybodys_languages_is_refused(here: Installation) -> None:
    texts = editing.read_tree(SEEDS, here.publication)[WEEK]
    only_russian = [item for item in texts if set(item.translations) == {"ru"}]
    with here.database.transaction() as session:
        editing.load(session, {WEEK: only_russian})
    here.add_readers(1, "en")
    with pytest.raises(OperatorError, match="nothing this week"):
        here.plan()
    here.add_readers(1, "be-ru")
    assert here.plan() == 1
