"""`newsletter inbound review`: the mail that only a person understands, listed, shown, tried again, let go of."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.inbound import Mail, Source, pack
from newsletter.store.audit import AuditRow
from newsletter.store.received import ReceivedRow, ReceivedState, receive, take, to_review
from tests.servers.command import Answer, Command, environment
from tests.servers.crew import Nursery
from tests.servers.starting import finish

ANNA = "anna@example.org"
TO = "help@week.example.org"
MAIL = b"From: anna@example.org\r\nSubject: \xff\r\n\r\nHello\r\n"
NASTY = (
    "Subject: \x1b]0;owned\x07\x1b[2J\r\n\r\ndry \u043b\u0438\u0441\u0442 \u202eegassem \x9b31m\tend\n".encode()
    + b"\xff\n"
)
HARMLESS = (
    r"Subject: \x1b]0;owned\x07\x1b[2J",
    "",
    "dry \u043b\u0438\u0441\u0442 " + r"\u202eegassem \x9b31m",
    r"end",
    r"\xff",
)


def leave_to_a_person(command: Command, content: bytes = MAIL, *, sender: str = ANNA) -> int:
    """Have a mail wait for review; return its number."""
    here = command.here
    octets = pack(Mail(Source.PIPE, TO, sender, content))
    with here.database.transaction() as session:
        assert receive(session, here.keyring, octets, same_as=content, source="pipe", lane=0, now=here.clock())
        (taken,) = take(session, most=9, now=here.clock())
        assert to_review(session, taken, "is in no known form")
    return taken.id


def states(command: Command) -> list[tuple[ReceivedState, bool]]:
    with command.here.database.reading() as session:
        rows = session.scalars(select(ReceivedRow).order_by(ReceivedRow.id)).all()
    return [(row.state, row.sealed is None) for row in rows]


def deeds(command: Command) -> list[str]:
    with command.here.database.reading() as session:
        return [what for what in session.scalars(select(AuditRow.what)) if what.startswith("received")]


def test_the_list_says_when_how_and_why_and_names_nobody(command: Command) -> None:
    assert command("inbound", "review") == Answer(0, "", "nothing\n")
    first, second = leave_to_a_person(command), leave_to_a_person(command, MAIL * 2)
    answer = command("inbound", "review")
    assert (answer.code, answer.err) == (0, "")
    when = command.here.clock().astimezone(command.here.publication.time_zone)
    assert answer.out.splitlines() == [
        f"{number:>6}  {when:%Y-%m-%d %H:%M}  pipe      is in no known form" for number in (first, second)
    ]
    assert deeds(command) == []


def test_to_a_pipe_it_is_shown_octet_for_octet_and_that_is_written_down(
    command: Command, nursery: Nursery, tmp_path: Path
) -> None:
    number = leave_to_a_person(command, NASTY)
    pipe, complaints = tmp_path / "pipe", tmp_path / "complaints"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        words, given = ["inbound", "review", str(number)], environment(command.here.settings)
        child = nursery.start(words, given, log=pipe, complaints=complaints)
        assert (finish(child, 60), os.read(reading, 10_000)) == (0, NASTY)
    finally:
        os.close(reading)
    assert complaints.read_text() == f"to: {TO}  from: {ANNA}  by: pipe\n"
    assert deeds(command) == ["received mail shown"]
    assert states(command) == [(ReceivedState.REVIEW, False)]


def test_on_a_terminal_a_mail_cannot_command_it(command: Command) -> None:
    number = leave_to_a_person(command, NASTY, sender="\x1b[2J@example.org")
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "newsletter.cli", "inbound", "review", str(number)],
            env={**os.environ, "PYTHONUTF8": "1", **environment(command.here.settings)},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        assert done.returncode == 0
        shown = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stderr.decode() == f"to: {TO}  from: \\x1b[2J@example.org  by: pipe\n"
    assert [part for line in shown.splitlines() for part in line.split("\t")] == list(HARMLESS)


def test_the_null_return_path_is_shown_as_such(command: Command) -> None:
    number = leave_to_a_person(command, b"plain\n", sender="")
    assert command.forked("inbound", "review", number).err == f"to: {TO}  from: <>  by: pipe\n"


def test_it_is_worked_off_once_more(command: Command) -> None:
    number = leave_to_a_person(command)
    answer = command("inbound", "review", number, "--again")
    assert (answer.code, answer.out) == (0, f"{number}: is worked off again\n")
    assert states(command) == [(ReceivedState.WAITING, False)]
    assert deeds(command) == ["received mail tried again"]
    with command.here.database.transaction() as session:
        assert [one.id for one in take(session, most=9, now=command.here.clock())] == [number]


def test_what_was_seen_to_is_forgotten(command: Command) -> None:
    number = leave_to_a_person(command)
    assert command("inbound", "review", number, "--done") == Answer(0, f"{number}: forgotten\n", "")
    assert states(command) == [(ReceivedState.DONE, True)]
    assert deeds(command) == ["received mail done"]


@pytest.mark.parametrize("words", [(), ("--again",), ("--done",)])
def test_a_number_that_waits_for_nobody_ends_with_2(command: Command, words: tuple[str, ...]) -> None:
    seen = leave_to_a_person(command)
    command("inbound", "review", seen, "--done")
    for number in (seen, seen + 1, 10**15):
        answer = command("inbound", "review", number, *words)
        assert (answer.code, answer.out) == (2, "")
        assert f"{number}: nothing of that number waits for you" in answer.err
    assert deeds(command) == ["received mail done"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_a_number_that_no_row_can_have_ends_with_2(command: Command, number: int) -> None:
    answer = command("inbound", "review", number, "--again")
    assert (answer.code, answer.out) == (2, "")
    assert "Invalid value for 'number'" in answer.err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_makes_no_sense_together_ends_with_2(command: Command) -> None:
    number = leave_to_a_person(command)
    for words in ((number, "--again", "--done"), ("--again",), ("--done",)):
        assert command("inbound", "review", *words).code == 2
    assert states(command) == [(ReceivedState.REVIEW, False)]
