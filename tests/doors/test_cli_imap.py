"""`newsletter inbound --imap`: a process on a mailbox, killed, stopped, and without its database."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.inbound import Mail
from tests.doors.test_cli_inbound import away, kept
from tests.imap.server import PASSWORD, ImapServer
from tests.rooms.mailbox import letter
from tests.servers.command import Command, environment
from tests.servers.crew import Nursery
from tests.servers.starting import Child, Fresh, Start
from tests.servers.watching import until
from tests.verbs.conftest import Installation

ENCODED = "p%40ss%20w%2Frd"
DIES = """
import os, signal
from newsletter.cli import keeping, main

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

keeping.bells.ring_for_received = die
main()
"""


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer("MOVE", "IDLE") as server:
        yield server


@pytest.fixture
def here(install: Callable[..., Installation]) -> Installation:
    here = install(log_level="debug")
    _ = here.keyring
    return here


@pytest.fixture
def start(here: Installation, server: ImapServer, tmp_path: Path, nursery: Nursery) -> Iterator[Callable[..., Child]]:
    """Start it, out of the nursery or by `way`; what it says goes to `imap.log`."""
    started: list[Child] = []

    def start(program: str = "", way: Start = nursery.start) -> Child:
        settings = {**environment(here.settings), "NEWSLETTER_IMAP_URL": url(server)}
        started.append(way(["inbound", "--imap"], settings, log=tmp_path / "imap.log", program=program))
        return started[-1]

    yield start
    for process in started:
        if process.alive:
            process.kill()


def url(server: ImapServer) -> str:
    return f"imap://news%40example.org:{ENCODED}@127.0.0.1:{server.port}/INBOX"


def contents(mails: list[Mail]) -> list[bytes]:
    return [mail.content for mail in mails]


def test_what_comes_is_kept_sealed_and_it_stops_when_it_is_told(
    here: Installation, server: ImapServer, start: Callable[..., Child], tmp_path: Path
) -> None:
    server.put(letter(1))
    server.put(letter(2, "anna@week.example.org"))
    # On one of the two engines as an operator starts it.
    process = start(way=Fresh) if here.database.is_sqlite else start()
    until(lambda: server.handled == [letter(1)], 60)
    assert server.idling.wait(20)
    server.put(letter(3))
    until(lambda: server.handled == [letter(1), letter(3)])
    process.ask_to_stop()
    assert process.end(20) == 0
    mails = kept(here)
    assert contents(mails) == [letter(1), letter(3)]
    assert {(mail.source, mail.sender) for mail in mails} == {("imap", "anna@example.org")}
    assert server.said("LOGOUT")
    said = (tmp_path / "imap.log").read_text()
    assert f"mail in from 127.0.0.1:{server.port}" in said
    assert "@example.org" not in said
    assert PASSWORD not in said
    assert ENCODED not in said


def test_a_kill_between_keeping_and_moving_loses_nothing_and_takes_nothing_twice(
    here: Installation, server: ImapServer, start: Callable[..., Child]
) -> None:
    server.put(letter())
    assert start(DIES).end(60) == -9
    assert server.handled == []
    start()
    until(lambda: server.handled == [letter()], 60)
    assert contents(kept(here)) == [letter()]


def test_while_the_database_is_away_mail_stays_in_the_mailbox(
    here: Installation, server: ImapServer, start: Callable[..., Child], tmp_path: Path
) -> None:
    process = start()
    assert server.idling.wait(60)
    with away(here, process.pid):
        big = letter() + os.urandom(100_000)  # nothing makes it smaller
        server.put(big)
        until(lambda: "mail stays in the mailbox for now" in (tmp_path / "imap.log").read_text(), 60)
        assert server.handled == []
    until(lambda: server.handled == [big], 60)
    assert contents(kept(here)) == [big]
    assert "Traceback" not in (tmp_path / "imap.log").read_text()


def test_what_cannot_work_ends_it_with_2(command: Command, server: ImapServer) -> None:
    answer = command.forked("inbound", "--imap")
    assert answer.code == 2
    assert "set NEWSLETTER_IMAP_URL to imaps://" in answer.err
    wrong = url(server).replace(ENCODED, "wrong")
    answer = command.forked("inbound", "--imap", imap_url=wrong)
    assert answer.code == 2
    assert "does not take the user and password of NEWSLETTER_IMAP_URL" in answer.err
    assert command.forked("inbound", "--imap", imap_url="pop3://news:wrong@example.org").code == 2


def test_a_url_among_the_commands_words_is_warned_of(command: Command, server: ImapServer) -> None:
    answer = command.forked("inbound", "--imap", url(server).replace(ENCODED, "wrong"))
    assert answer.code == 2
    assert "other users of this machine can see" in answer.err
    assert "wrong" not in answer.err
