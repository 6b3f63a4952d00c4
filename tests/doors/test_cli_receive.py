"""`newsletter receive < message`: pipes, and the exit codes that mail servers understand."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from newsletter.inbound import Latest, Mail, Source, read, unpack
from newsletter.inbound.places import COMMAND_OCTETS
from newsletter.store import DatabaseAway
from newsletter.store.received import take
from newsletter.tokens import Purpose, make
from tests.servers.command import Answer, Command

ANNA = "anna@example.org"
JOIN = "subscribe-be@week.example.org"
ROOT = Path(__file__).parents[2]
MAIL = b"From: anna@example.org\nSubject: s\n\nHello\n"


@pytest.fixture
def pipe(command: Command, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`pipe(message, "--recipient", …)` runs the command with that on its stdin."""

    def run(message: bytes, *words: str) -> Answer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(message)))
        return command("receive", *words)

    return run


def kept(command: Command) -> list[Mail]:
    here = command.here
    with here.database.transaction() as session:
        rows = take(session, most=100, now=here.clock())
    return [unpack(Source(row.source), here.keyring.open_octets(row.sealed or b"", bound_to=row.ref)) for row in rows]


def test_a_mail_is_kept_with_the_envelope_that_was_given(command: Command, pipe: Any) -> None:
    for _ in range(2):  # the second time it is the same
        assert pipe(MAIL, "--recipient", JOIN, "--sender", "anna@example.org") == Answer(0, "", "")
    (mail,) = kept(command)
    assert (mail.source, mail.recipient, mail.sender, mail.content) == (Source.PIPE, JOIN, "anna@example.org", MAIL)


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_the_null_return_path_may_be_written_as_postfix_does(command: Command, pipe: Any, sender: str) -> None:
    assert pipe(MAIL, "--recipient", JOIN, "--sender", sender).code == 0
    assert [mail.sender for mail in kept(command)] == [""]


@pytest.mark.parametrize(
    ("head", "recipient", "sender"),
    [
        (b"Delivered-To: subscribe@week.example.org\nTo: help@week.example.org\n", "subscribe@week.example.org", ANNA),
        (b"X-Original-To: help@week.example.org\nDelivered-To: news@localhost\n", "help@week.example.org", ANNA),
        (b"Envelope-to: HELP@Week.Example.org\nReturn-Path: <>\n", "HELP@Week.Example.org", ""),
        (
            b'Return-path: <b@example.org>\nTo: A <a@example.org>,\n "H" <help@week.example.org>\n',
            "help@week.example.org",
            "b@example.org",
        ),
        (
            b"From anna@example.org Mon Oct 14 08:00:00 2019\nTo: latest-ru@week.example.org\n",
            "latest-ru@week.example.org",
            ANNA,
        ),
        (b"From: b@example.org\nTo: help@week.example.org\n", "help@week.example.org", ""),  # whose is it?
    ],
)
def test_without_an_envelope_its_headers_say(
    command: Command, pipe: Any, head: bytes, recipient: str, sender: str
) -> None:
    assert pipe(head + MAIL).code == 0
    (mail,) = kept(command)
    assert (mail.recipient, mail.sender) == (recipient, sender)
    assert not mail.content.startswith(b"From anna")


def test_the_mail_that_the_documents_try_it_with_is_understood(command: Command, pipe: Any) -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (line,) = re.findall(r"^(printf .*) \| \.venv/bin/newsletter receive$", text, re.MULTILINE)
    assert pipe(subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout) == Answer(0, "", "")
    (mail,) = kept(command)
    assert isinstance(read(mail, command.here.publication, command.here.keyring), Latest)


def test_a_token_leads_to_its_reader(command: Command, pipe: Any) -> None:
    here = command.here
    recipient = f"bounce+{make(here.keyring, Purpose.BOUNCE, b'12345678')}@week.example.org"
    assert pipe(b"Delivered-To: " + recipient.encode() + b"\n" + MAIL * 9000).code == 0
    assert [mail.recipient for mail in kept(command)] == [recipient]


@pytest.mark.parametrize(
    "words", [(), ("--recipient", "anna@week.example.org"), ("--recipient", "leave+0123@week.example.org")]
)
def test_what_is_none_of_ours_is_nobodys(command: Command, pipe: Any, words: tuple[str, ...]) -> None:
    answer = pipe(MAIL, *words)
    assert answer == Answer(os.EX_NOUSER, "", "newsletter: not taken: it is for no address of ours\n")
    assert kept(command) == []


def test_what_is_too_large_is_refused_for_good(command: Command, pipe: Any) -> None:
    assert pipe(b"a" * COMMAND_OCTETS, "--recipient", JOIN).code == 0
    answer = pipe(b"a" * (COMMAND_OCTETS + 1), "--recipient", JOIN)
    assert answer.code == os.EX_DATAERR
    assert "too large for subscribe@, at most 262,144 octets" in answer.err
    assert pipe(b"a" * (11 * 1024 * 1024), "--recipient", JOIN).code == os.EX_DATAERR
    assert len(kept(command)) == 1


@pytest.mark.parametrize("fault", [DatabaseAway("the database does not answer"), RuntimeError("anna@example.org")])
def test_what_is_our_fault_is_tried_again(
    command: Command, pipe: Any, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    with monkeypatch.context() as patched:

        def fail(*_: object, **__: object) -> None:
            raise fault

        patched.setattr("newsletter.cli.keeping.receive", fail)
        answer = pipe(MAIL, "--recipient", JOIN)
    assert answer.code == os.EX_TEMPFAIL
    assert "not taken, for now" in answer.err
    assert "@example.org" not in answer.err
    assert pipe(MAIL, "--recipient", JOIN).code == 0


def test_a_mistake_in_the_settings_refuses_nobodys_mail(command: Command) -> None:
    answer = command.alone("receive", "--recipient", JOIN, no_such="1")
    assert answer.code == os.EX_TEMPFAIL
    assert "NEWSLETTER_NO_SUCH" in answer.err
