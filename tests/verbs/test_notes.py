"""Notes: each gets out, once if it can be helped, and leaves no address behind."""

import email
import email.policy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import update

from newsletter.outcomes import Reason, State
from newsletter.store.notes import NoteRow, notes_are_due, owe_operator
from newsletter.store.notices import unseen_notices
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import ANNA, deliver, delivering, hello, owe, rows, try_servers_again

__all__ = ["hello"]
pytestmark = pytest.mark.usefixtures("hello")


def test_a_note_gets_out_and_forgets_its_address(here: Installation, postbox: Postbox) -> None:
    assert owe(here, week="2019-W41")
    (owed,) = rows(here)
    assert owed.sealed_to is not None
    assert ANNA.encode() not in owed.sealed_to
    deliver(here)
    (note,) = rows(here)
    assert (note.state, note.sealed_to, note.not_before, note.holder) == (State.SENT, None, None, None)
    assert ANNA not in str({column.name: getattr(note, column.name) for column in NoteRow.__table__.columns})
    assert list(postbox.taken) == [ANNA]
    message = email.message_from_bytes(postbox.body(ANNA), policy=email.policy.default)
    assert message["To"] == ANNA
    assert "List-Unsubscribe" not in message
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_note_is_sent_once(here: Installation, postbox: Postbox) -> None:
    owe(here)
    for _ in range(3):
        deliver(here)
        here.clock.forward(days=1)
    assert postbox.messages == 1


def test_a_refusal_is_for_good_and_forgets_the_address(here: Installation, postbox: Postbox) -> None:
    owe(here)
    owe(here, "piotr@example.org")
    postbox.answers[ANNA] = f"550 5.1.1 <{ANNA}> unknown"
    deliver(here)
    refused, sent = rows(here)
    assert (refused.state, refused.reason, refused.sealed_to) == (State.REFUSED, Reason.BAD_ADDRESS, None)
    assert refused.text == "<…> unknown"
    assert sent.state is State.SENT


def test_later_is_tried_again_after_a_minute_then_five_and_given_up_after_two_days(
    here: Installation, postbox: Postbox
) -> None:
    owe(here)
    postbox.answers["*"] = "451 4.7.1 greylisted"
    begun, tried = here.clock(), []
    while (note := rows(here)[0]).not_before is not None:
        assert note.sealed_to is not None
        here.clock.now = max(here.clock.now, note.not_before)
        tried.append(here.clock.now - begun)
        deliver(here)
    minutes = [round(span / timedelta(minutes=1)) for span in tried]
    assert minutes[:6] == [0, 1, 6, 21, 51, 111]
    assert timedelta(hours=48) < tried[-1] < timedelta(hours=72)
    assert (note.state, note.reason, note.sealed_to) == (State.REFUSED, Reason.EXPIRED, None)
    assert note.attempts == len(tried)


def test_a_note_that_comes_at_last_has_the_date_and_the_name_of_its_first_try(
    here: Installation, postbox: Postbox
) -> None:
    owe(here)
    postbox.at_dot["*"] = ""  # taken, and the answer lost
    first_at = here.clock()
    deliver(here)
    (note,) = rows(here)
    assert (note.state, note.crashes) == (State.QUEUED, 1)
    del postbox.at_dot["*"]
    here.clock.forward(minutes=1)
    deliver(here)
    first, second = postbox.taken[ANNA]
    assert first == second
    message = email.message_from_bytes(postbox.body(ANNA), policy=email.policy.default)
    assert message["Date"].datetime == first_at


def test_what_is_cut_off_three_times_stays_in_doubt(here: Installation, postbox: Postbox) -> None:
    owe(here)
    postbox.at_dot["*"] = ""
    for _ in range(5):
        deliver(here)
        here.clock.forward(minutes=2)
    (note,) = rows(here)
    assert (note.state, note.sealed_to, note.crashes) == (State.DOUBTFUL, None, 3)
    assert postbox.messages == 3


def test_a_server_that_refuses_us_charges_no_note_and_the_operator_is_told_once(
    here: Installation, postbox: Postbox
) -> None:
    for place in range(6):
        owe(here, f"reader-{place}@example.org")
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    for _ in range(3):
        assert deliver(here) == 0
        here.clock.forward(minutes=2)
        try_servers_again(here)
    with here.database.reading() as session:
        (notice,) = unseen_notices(session)
    assert (notice.kind, "not from you" in notice.text) == ("server-out", True)
    assert {(note.state, note.attempts, note.crashes) for note in rows(here)} == {(State.QUEUED, 0, 0)}
    del postbox.at_mail["*"]
    deliver(here)
    assert {note.state for note in rows(here)} == {State.SENT}
    assert len(postbox.taken) == 6 + 1


def test_a_server_that_is_not_there_charges_no_note(
    here: Installation, postbox: Postbox, give_up_after: Callable[[float], None]
) -> None:
    give_up_after(0.5)
    owe(here)
    postbox.stop()
    assert deliver(here) == 0
    (note, told) = rows(here)
    assert (note.state, note.attempts, note.crashes, told.kind) == (State.QUEUED, 0, 0, "notice")
    postbox.start()
    here.clock.forward(minutes=2)
    try_servers_again(here)
    deliver(here)
    assert set(postbox.taken) == {ANNA, here.publication.operator_email}


def test_a_note_that_cannot_be_written_stops_no_other(here: Installation, postbox: Postbox) -> None:
    owe(here, broken="yes")
    owe(here, "piotr@example.org")
    deliver(here)
    broken, sent = rows(here)
    assert (broken.state, broken.attempts, sent.state) == (State.DEFERRED, 1, State.SENT)


def test_a_note_whose_address_cannot_be_opened_is_refused_and_told(here: Installation, postbox: Postbox) -> None:
    owe(here)
    owe(here, "piotr@example.org")
    with here.database.transaction() as session:
        session.execute(update(NoteRow).where(NoteRow.id == rows(here)[0].id).values(sealed_to=b"damaged"))
    deliver(here)
    damaged, sent = rows(here)[:2]
    assert (damaged.state, damaged.reason, sent.state) == (State.REFUSED, Reason.UNSEALABLE, State.SENT)
    with here.database.reading() as session:
        assert [notice.kind for notice in unseen_notices(session)] == ["unsealable"]


def test_a_kind_that_only_newer_code_knows_is_left_to_it(here: Installation, postbox: Postbox) -> None:
    with here.database.transaction() as session:
        owe_operator(session, "from-the-future", facts={}, now=here.clock())
    owe(here)
    deliver(here)
    assert [note.state for note in rows(here)] == [State.QUEUED, State.SENT]


def test_a_note_owed_while_another_is_on_a_slow_wire_gets_out_at_once(here: Installation, postbox: Postbox) -> None:
    owe(here)
    postbox.hold()
    rung, stop = Event(), Event()
    with delivering(here, rung, stop):
        postbox.wait("held", 1)
        owe(here, "piotr@example.org")
        rung.set()
        postbox.wait("messages", 2)
        postbox.release()
    assert {note.state for note in rows(here)} == {State.SENT}


def test_no_note_waits_for_the_answer_to_another_while_a_connection_is_free(
    here: Installation, postbox: Postbox
) -> None:
    """The server pipelines: the next note could be begun behind the dot of the last, and would then wait with it."""
    for place in range(6):
        owe(here, f"reader-{place}@example.org")
    postbox.hold()
    with delivering(here, Event(), Event()):
        postbox.wait("held", 4)
        assert len([note for note in rows(here) if note.holder is not None]) == 4, "the others are free for others"
        postbox.release()
        postbox.wait("messages", 6)
    assert {note.state for note in rows(here)} == {State.SENT}


def test_connections_stay_open_for_the_next_note(here: Installation, postbox: Postbox) -> None:
    rung, stop = Event(), Event()
    with delivering(here, rung, stop):
        for number in range(1, 6):
            owe(here, f"reader-{number}@example.org")
            rung.set()
            postbox.wait("messages", number)
        assert postbox.closed == 0
    assert postbox.most_open <= 2  # the next may come before the answer to the last has been heard


def test_told_to_stop_it_gives_back_what_it_has_not_begun(here: Installation, postbox: Postbox) -> None:
    for place in range(12):
        owe(here, f"reader-{place}@example.org")
    postbox.hold()
    rung, stop = Event(), Event()
    with delivering(here, rung, stop):
        postbox.wait("held", 4)
        stop.set()
        postbox.release()
    states = [note.state for note in rows(here)]
    assert (states.count(State.SENT), states.count(State.QUEUED)) == (4, 8)
    with here.database.reading() as session:
        assert notes_are_due(session, now=here.clock())


def test_a_note_waits_for_nothing_on_a_host_whose_clock_is_behind(here: Installation, postbox: Postbox) -> None:
    owe(here)
    here.clock.forward(minutes=-30)
    assert deliver(here) == 1


def test_a_kind_comes_so_often_a_day_and_no_more(here: Installation) -> None:
    assert [owe(here, per_day=2) for _ in range(3)] == [True, True, False]
    assert owe(here, "Anna@Example.org", per_day=2) is False
    assert owe(here, "piotr@example.org", per_day=2)
    here.clock.forward(days=1)
    assert owe(here, per_day=2)


def test_of_many_who_owe_the_same_at_once_so_many_do_as_may(here: Installation) -> None:
    _ = here.keyring
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: owe(here, per_day=3), range(8))) == [False] * 5 + [True] * 3
    assert sorted(note.nth for note in rows(here)) == [0, 1, 2]
