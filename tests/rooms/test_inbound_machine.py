"""Machines that write mail are told from people, by what they write and where they write from."""

import pytest

from newsletter.inbound.mail import Mail, Source
from newsletter.inbound.messages.machine import is_daemon, is_machine
from newsletter.inbound.messages.message import read_message

OURS = ("week.example.org", "neutral.example.net")


def why(head: str, sender: str = "anna@example.org") -> str | None:
    mail = Mail(Source.LMTP, "subscribe@week.example.org", sender, f"{head}\n\nHello".encode())
    return is_machine(read_message(mail.content), mail, OURS)


@pytest.mark.parametrize(
    "head",
    [
        "From: Anna <anna@example.org>",
        "From: anna@example.org\nAuto-Submitted: no",
        "From: anna@example.org\nPrecedence: first-class",
        "From: Ноў Рэпляй <novak.reply@example.org>\nX-Mailer: Thunderbird",
        "From: bounty@example.org",
        "From: routers@example.org",
    ],
)
def test_people_are_not_machines(head: str) -> None:
    assert why(head) is None


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted"),
        ("auto-submitted: Auto-Generated; owner-email=x", "Auto-Submitted"),
        ("Precedence: Bulk", "Precedence"),
        ("Precedence: list", "Precedence"),
        ("List-Id: <news.example.org>", "a mailing list"),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", "a mailing list"),
        ("X-Auto-Response-Suppress: All", "x-auto-response-suppress"),
        ("X-Autoreply: yes", "x-autoreply"),
        ("X-Autorespond: Away", "x-autorespond"),
        ("X-Loop: anna@example.org", "x-loop"),
        ("Content-Type: multipart/report; boundary=b", "a report"),
        ("From: MAILER-DAEMON@example.org", "a daemon's address"),
        ("From: Postmaster <postmaster@example.org>", "a daemon's address"),
        ("From: No Reply <no-reply@example.org>", "a daemon's address"),
        ("From: noreply+17@example.org", "a daemon's address"),
        ("Sender: owner-list@example.org", "a daemon's address"),
        ("From: digest@week.example.org", "our own address"),
        ("From: Post <post@NEUTRAL.example.net>", "our own address"),
    ],
)
def test_the_marks_of_machines(head: str, reason: str) -> None:
    assert why(head) == reason


def test_who_has_no_return_path_gets_no_answer() -> None:
    assert why("From: anna@example.org", sender="") == why("From: anna@example.org", sender="<>") == "empty return path"
    assert why("From: anna@example.org", sender="bounces+7@lists.example.org") == "a daemon's address"


@pytest.mark.parametrize(
    "local", ["mailer-daemon", "MAILER_DAEMON", "bounce-7", "do-not-reply", "x-noreply", "mdaemon"]
)
def test_daemons_by_name(local: str) -> None:
    assert is_daemon(f"{local}@example.org")


def test_a_reason_never_holds_an_address() -> None:
    for head in ("From: noreply@example.org", "X-Loop: anna@example.org", "From: digest@week.example.org"):
        assert "@" not in (why(head) or "@")
