"""Many mail servers at once, slow ones, ones that fall silent; and the end of the server for mail in."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from newsletter.inbound.doors import dialogue, server
from newsletter.inbound.doors.server import MOST_CONNECTIONS
from tests.rooms.inbound import JOIN, Door, bounce
from tests.servers.handing import Handing
from tests.servers.watching import until

MAIL = b"From: anna@example.org\r\nSubject: s\r\n\r\nHello\r\n"


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


def test_fifty_hand_over_at_once(door: Door) -> None:
    together = threading.Barrier(MOST_CONNECTIONS)

    def hand(number: int) -> str:
        with Handing(door.at) as client:
            together.wait(20)
            return client.hand(bounce(number.to_bytes(8)), MAIL * 100, sender="")

    with ThreadPoolExecutor(MOST_CONNECTIONS) as pool:
        assert set(pool.map(hand, range(MOST_CONNECTIONS))) == {"250 2.0.0 Taken"}
    assert {place.ref for _, place in door.kept} == {number.to_bytes(8) for number in range(MOST_CONNECTIONS)}


def test_one_too_many_is_sent_away_until_another_has_gone(door: Door) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Handing(door.at)) for _ in range(MOST_CONNECTIONS)]
        with Handing(door.at) as client:
            assert client.greeting.startswith("421 4.3.2")
            assert client.answer() == ""
        assert clients[0]("QUIT").startswith("221")
        until(lambda: len(door.server._open) < MOST_CONNECTIONS)
        with Handing(door.at) as client:
            assert client.hand(JOIN, MAIL).startswith("250")


def test_who_falls_silent_in_the_middle_of_a_mail_stops_nobody_else(door: Door) -> None:
    with Handing(door.at) as silent:
        silent.begin(JOIN)
        silent("DATA")
        silent.write(b"From: ")
        with Handing(door.at) as client:
            assert client.hand(JOIN, MAIL).startswith("250")
        silent.write(b"b@example.org\r\n.\r\n")
        assert silent.answer().startswith("250")
    assert door.contents == [MAIL + b"\r\n", b"From: b@example.org\r\n"]


def test_what_was_cut_off_is_not_kept(door: Door) -> None:
    for cut in (b"", b"From: ", MAIL, MAIL + b".", MAIL + b".\r"):
        with Handing(door.at) as client:
            client.begin(JOIN)
            client("DATA")
            client.write(cut)
    until(lambda: not door.server._open)
    assert door.kept == []


@pytest.mark.parametrize("said", ["", "MAIL FROM:<>", "DATA"])
def test_who_says_nothing_for_too_long_is_sent_home(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(dialogue, "IDLE_SECONDS", 0.3)
    with Door() as door, Handing(door.at) as client:
        if said == "DATA":
            client.begin(JOIN)
        if said:
            client(said)
        assert client.answer() == ""
        until(lambda: not door.server._open)
        assert door.kept == []


def test_whoever_has_nothing_in_hand_is_sent_away_when_it_stops(door: Door) -> None:
    with Handing(door.at) as idle, Handing(door.at) as done:
        assert done.hand(JOIN, MAIL).startswith("250")
        door.stop()
        for client in (idle, done):
            assert client.answer() == "421 4.3.2 Going out of service; please try again later"
            assert client.answer() == ""
        until(lambda: door.is_over)


@pytest.mark.parametrize("last", ["DATA", "RSET"])
def test_who_is_in_the_middle_of_a_mail_may_finish_when_it_stops(door: Door, last: str) -> None:
    with Handing(door.at) as client:
        client.begin(JOIN)
        door.stop()
        until(lambda: client_is_refused(door))
        assert (client.content(MAIL) if last == "DATA" else [client("RSET")])[0].startswith("250")
        assert client.answer().startswith("421 4.3.2")
        assert client.answer() == ""
        until(lambda: door.is_over)
    assert len(door.kept) == (last == "DATA")


def test_who_never_finishes_is_cut_off_when_it_stops(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", 0.2)
    with Handing(door.at) as client:
        client.begin(JOIN)
        client("DATA")
        door.stop()
        assert client.answer() == ""
        until(lambda: door.is_over)
    assert door.kept == []


def test_a_mail_that_is_being_kept_when_it_stops_has_its_answer(door: Door) -> None:
    may_go_on = threading.Event()
    door.waits = lambda: may_go_on.wait(20)
    with Handing(door.at) as client:
        client.begin(JOIN)
        client("DATA")
        client.write(MAIL + b".\r\n")
        door.stop()
        until(lambda: client_is_refused(door))
        may_go_on.set()
        assert client.answer() == "250 2.0.0 Taken"
    assert door.contents == [MAIL]


def client_is_refused(door: Door) -> bool:
    """Whether it takes no more connections."""
    try:
        with Handing(door.at) as client:
            return client.greeting.startswith("421")
    except ConnectionRefusedError:
        return True
