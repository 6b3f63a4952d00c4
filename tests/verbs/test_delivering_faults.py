"""Promise 6: one fault stays one fault, be it the server's, the wire's or the letter's; and doubt is written down."""

from collections.abc import Callable

from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from newsletter.store.notices import unseen_notices
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation


def test_a_server_that_refuses_us_pauses_the_digest_and_charges_nobody(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(5)
    postbox.at_mail["*"] = "550 5.7.1 you are not welcome here"
    here.plan()
    here.deliver()
    status = here.status()
    assert (status.state, status.counts[State.QUEUED]) == (DigestState.PAUSED, 5)
    with here.database.reading() as session:
        (notice,) = unseen_notices(session)
    assert notice.kind == "server-out"
    assert "not welcome" in notice.text
    del postbox.at_mail["*"]
    here.plan()
    here.deliver()
    assert set(postbox.taken) == set(readers)


def test_a_server_that_refuses_us_again_is_told_of_again(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    for words in ("550 5.7.1 first", "550 5.7.1 second", "550 5.7.1 second"):
        postbox.at_mail["*"] = words
        here.plan()
        here.deliver()
    with here.database.reading() as session:
        assert [notice.text.split()[-1] for notice in unseen_notices(session)] == ["first", "second", "second"]


def test_a_connection_cut_after_the_dot_is_doubtful_where_doubt_is_held(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=1, on_doubt="hold")
    here.load_seeds()
    here.add_readers(1)
    postbox.at_dot["*"] = ""
    here.plan()
    here.deliver()
    status = here.status()
    assert (status.state, status.counts[State.DOUBTFUL]) == (DigestState.SENT, 1)
    assert postbox.messages == 1


def test_what_is_in_doubt_is_sent_again_under_the_same_message_id(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    (reader,) = here.add_readers(1)
    postbox.at_dot["*"] = ""
    here.plan()
    here.deliver()
    assert here.status().counts[State.QUEUED] == 1
    del postbox.at_dot["*"]
    here.clock.forward(minutes=2)
    here.deliver()
    first, second = postbox.taken[reader]
    assert first == second
    assert here.status().counts[State.SENT] == 1


def test_what_is_lost_three_times_stays_doubtful(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(1)
    postbox.at_dot["*"] = ""
    here.plan()
    for _ in range(5):
        here.deliver()
        here.clock.forward(minutes=2)
    assert here.status().counts[State.DOUBTFUL] == 1
    assert postbox.messages == 3


def test_a_server_that_is_not_there_costs_nobody_anything(
    here: Installation, postbox: Postbox, give_up_after: Callable[[float], None]
) -> None:
    give_up_after(0.5)
    here.load_seeds()
    readers = here.add_readers(3)
    here.plan()
    postbox.stop()
    here.deliver()
    status = here.status()
    assert (status.state, status.counts[State.QUEUED]) == (DigestState.SENDING, 3)
    postbox.start()
    here.deliver()
    assert not postbox.taken, "it was asked again at once"
    here.clock.forward(minutes=2)
    here.pass_circuits()
    here.deliver()
    assert set(postbox.taken) == set(readers)


def test_a_letter_refused_for_its_content_pauses_the_digest_and_charges_nobody(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    readers = here.add_readers(60)
    postbox.at_dot["*"] = "554 5.7.1 this looks like spam"
    here.plan()
    here.deliver()
    status = here.status()
    assert (status.state, status.counts[State.QUEUED]) == (DigestState.PAUSED, 60)
    with here.database.reading() as session:
        (notice,) = unseen_notices(session)
    assert (notice.kind, "looks like spam" in notice.text) == ("content-refused", True)
    del postbox.at_dot["*"]
    here.plan()
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)


def test_once_somebody_has_the_letter_a_refusal_of_its_content_is_one_readers(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    readers = here.add_readers(30)
    for strict in readers[:5]:
        postbox.at_dot[strict] = "554 5.7.1 this looks like spam"
    here.plan()
    for _ in range(3):
        here.deliver()
        here.clock.forward(minutes=2)
    status = here.status()
    assert (status.state, status.counts[State.SENT], status.counts[State.REFUSED]) == (DigestState.SENT, 25, 5)


def test_a_stop_after_one_refusal_says_nothing_of_the_letter(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(30)
    postbox.at_dot["*"] = "554 5.7.1 this looks like spam"
    postbox.delay(0.05)
    here.plan()
    begun = iter([False] * 3)
    here.deliver(stop=lambda: next(begun, True))
    assert here.status().state is DigestState.SENDING
    assert here.status().counts[State.REFUSED] == 0
