"""The catch-all server keeps every mail, and its inbox page shows any mail safely."""

import json
import os
import shutil
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from newsletter.embedded.inbox import ON_A_PAGE
from newsletter.embedded.maildir import Maildir
from tests.servers.places import short_directory
from tests.servers.watching import until

HOSTILE = "<script>alert(1)</script> \"quoted\" & 'more'"


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


@dataclass
class Inbox:
    """A running catch-all server with its page."""

    folder: Path
    smtp: int
    port: int

    def get(self, path: str, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status == 200
        return answer.body.decode()

    def send(self, to: str, message: bytes, *, sender: str = "bounce+1@week.example.org") -> dict[str, Any]:
        """Deliver a message, and return what `/messages.json` says of it."""
        with smtplib.SMTP("127.0.0.1", self.smtp) as client:
            client.sendmail(sender, [to], message)
        (found,) = [mail for mail in json.loads(self.page("/messages.json")) if mail["to"] == to]
        return dict(found)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    found = Inbox(short_directory("inbox"), _free_port(), _free_port())
    environment = os.environ | {
        "NEWSLETTER_DATA_DIR": str(found.folder),
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{found.smtp}",
        "NEWSLETTER_INBOX_PORT": str(found.port),
    }
    command = [sys.executable, "-m", "newsletter.embedded", "postbox"]
    with subprocess.Popen(command, env=environment) as process:
        until(lambda: _answers(found.port))
        yield found
        process.terminate()
    shutil.rmtree(found.folder)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _mail(subject: str, html: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "The Week <digest@week.example.org>"
    message["To"] = "shown@example.org"
    message["Subject"] = subject
    message["Message-ID"] = "<1@week.example.org>"
    message["Date"] = "Mon, 14 Oct 2019 08:00:00 +0300"
    message.set_content("the text part")
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_a_mail_is_kept_as_a_file_with_its_envelope_on_top(inbox: Inbox) -> None:
    content = _mail("kept").replace(b"\n", b"\r\n")
    mail = inbox.send("kept@example.org", content)
    file = inbox.folder / "inbox" / "new" / mail["name"]
    assert file.read_bytes() == (
        b"X-Envelope-From: <bounce+1@week.example.org>\r\nX-Envelope-To: <kept@example.org>\r\n" + content
    )
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_mail_is_listed_with_what_its_headers_say(inbox: Inbox) -> None:
    mail = inbox.send("listed@example.org", _mail("Тыдзень у Беларусі"))
    assert mail["subject"] == "Тыдзень у Беларусі"
    assert mail["message_id"] == "<1@week.example.org>"
    assert mail["date"] == "2019-10-14 08:00 +0300"
    page = inbox.page("/")
    assert "Тыдзень у Беларусі" in page
    assert f'href="/mail/{mail["name"]}"' in page


def test_commands_may_come_in_one_flight(inbox: Inbox) -> None:
    with socket.create_connection(("127.0.0.1", inbox.smtp), timeout=20) as connection:
        group = b"MAIL FROM:<b@example.org>\r\nRCPT TO:<flight@example.org>\r\nDATA\r\n"
        connection.sendall(
            b"EHLO me\r\n" + group + b"Subject: 1\r\n\r\n.\r\n" + group + b"Subject: 2\r\n\r\n.\r\nQUIT\r\n"
        )
        answered = b"".join(iter(lambda: connection.recv(4096), b"")).decode().splitlines()
    assert "250-PIPELINING" in answered
    assert any(line.startswith("250-SIZE ") for line in answered)
    codes = [line[:3] for line in answered if line[3] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]


def test_a_hostile_mail_is_shown_as_text_and_its_html_has_no_rights(inbox: Inbox) -> None:
    html = "<script>parent.document.title='got out'</script><img src='http://192.0.2.1/pixel.png'>"
    mail = inbox.send("hostile@example.org", _mail(HOSTILE, html))
    assert mail["subject"] == HOSTILE
    shown = f"/mail/{mail['name']}"
    for path in ("/", shown, f"{shown}?view=text", f"{shown}?view=headers"):
        page = inbox.page(path)
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert f'<iframe sandbox="" title="The mail as HTML" src="{shown}/html">' in inbox.page(shown)
    policy = inbox.get(f"{shown}/html").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def test_every_answer_forbids_scripts_and_foreign_content(inbox: Inbox) -> None:
    mail = inbox.send("headers@example.org", _mail("headers"))
    for path in ("/", "/inbox.css", "/messages.json", f"/mail/{mail['name']}", f"/mail/{mail['name']}/mail.eml"):
        headers = inbox.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_a_foreign_name_that_points_here_is_told_nothing(inbox: Inbox) -> None:
    answer = inbox.get("/messages.json", Host="attacker.example")
    assert answer.status == 400
    assert b"example.org" not in answer.body


@pytest.mark.parametrize("name", ["..%2F..%2Fnewsletter.key", "0" * 32, "x"])
def test_a_name_that_is_not_a_mails_is_not_found(inbox: Inbox, name: str) -> None:
    for view in ("", "/html", "/mail.eml"):
        assert inbox.get(f"/mail/{name}{view}").status == 404


def test_a_mail_without_sense_is_shown_all_the_same(inbox: Inbox) -> None:
    odd = b"Subject: =?no-such-charset?b?////?=\r\nDate: never\r\nContent-Type: text/plain; charset=x\r\n\r\n\xff odd"
    mail = inbox.send("odd@example.org", odd)
    assert "odd" in inbox.page(f"/mail/{mail['name']}?view=text")
    assert mail["date"] == "never"


def test_a_mail_can_be_downloaded(inbox: Inbox) -> None:
    mail = inbox.send("download@example.org", _mail("download"))
    answer = inbox.get(f"/mail/{mail['name']}/mail.eml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{mail["name"]}.eml"'
    assert b"Subject: download" in answer.body


def test_many_mails_come_on_several_pages_the_newest_first(inbox: Inbox) -> None:
    folder = Maildir(inbox.folder / "inbox")
    for number in range(ON_A_PAGE + 1):
        folder.add(b"Subject: many %d\r\n\r\n" % number, mail_from="b@example.org", recipients=["many@example.org"])
    newest, oldest = inbox.page("/"), inbox.page("/?page=2")
    assert f"many {ON_A_PAGE}<" in newest
    assert "many 0<" not in newest
    assert "many 0<" in oldest
    assert 'rel="next"' in newest
    assert 'rel="prev"' in oldest
