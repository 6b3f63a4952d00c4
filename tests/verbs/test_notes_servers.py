"""Notes and the mail servers: circuits are everybody's, the others go on, and a pace does not hold notes up."""

from collections.abc import Callable
from threading import Event

import pytest

from newsletter.outcomes import State
from newsletter.store.notices import unseen_notices
from newsletter.store.servers import ALL, room, standings
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver, hello, owe, rows, try_servers_again

__all__ = ["hello"]
pytestmark = pytest.mark.usefixtures("hello")


def test_a_server_that_refuses_us_is_left_alone_for_a_while_whatever_is_owed(
    here: Installation, postbox: Postbox
) -> None:
    owe(here)
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    assert deliver(here) == 0
    tried = postbox.closed
    for place in range(3):
        owe(here, f"reader-{place}@example.org")
        assert deliver(here) == 0
    assert postbox.closed == tried
    postbox.at_mail.clear()
    try_servers_again(here)
    here.clock.forward(minutes=2)
    assert deliver(here) == 5


def test_a_bell_that_rings_while_every_server_is_out_is_heard_in_vain(here: Installation, postbox: Postbox) -> None:
    """Left set, it would have the worker look again, and again, at full speed."""
    owe(here)
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    deliver(here)
    rung = Event()
    rung.set()
    assert deliver(here, rung=rung) == 0
    assert not rung.is_set()


def test_while_one_server_is_out_notes_go_by_the_other_and_the_operator_is_told_once(
    by_two: Installation, postbox: Postbox, other_postbox: Postbox
) -> None:
    postbox.at_connect["*"] = "554 5.7.1 go away"
    for turn in range(3):
        for place in range(8):
            owe(by_two, f"reader-{turn}-{place}@example.org")
        deliver(by_two)
        by_two.clock.forward(minutes=2)
    deliver(by_two)
    assert {note.state for note in rows(by_two)} == {State.SENT}
    assert len(other_postbox.taken) == 24 + 1
    with by_two.database.reading() as session:
        assert [notice.kind for notice in unseen_notices(session)] == ["one-server-out"]
        assert standings(session, [by_two.servers[0].label])[by_two.servers[0].label].failures == 1


def test_notes_do_not_wait_for_the_pace_but_letters_make_room_for_them(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=f"{postbox.url}?per_minute=30", per_minute=60)
    for place in range(10):
        owe(here, f"reader-{place}@example.org")
    assert deliver(here) == 10
    with here.database.transaction() as session:
        for label, seconds in ((ALL, 9), (here.servers[0].label, 18)):
            most, wait = room(session, label, 60)
            assert most == 0
            assert wait > seconds - 4
