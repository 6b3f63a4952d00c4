"""A reader whose network lets only mail through: subscribes, confirms, reads, asks for the digest, and leaves."""

import re
import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.embedded.processes import Process
from tests.servers.dovecot import HANDLED, PASSWORD, Dovecot
from tests.servers.mails import Received
from tests.servers.postfix import Postfix
from tests.servers.running import Running
from tests.servers.watching import until
from tests.servers.writer import Writer

HOST = "week.example.org"


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    """The whole service as `./run` starts it, with mail in."""
    with Running(mail_in=True) as running:
        yield running


@pytest.fixture(scope="module")
def postfix(service: Running) -> Iterator[Postfix]:
    """A mail server before it."""
    postfix = Postfix(ours=service.mail_in, elsewhere=9)
    yield postfix
    postfix.remove()


@pytest.fixture(params=["lmtp", pytest.param("postfix", marks=pytest.mark.postfix)])
def server(request: pytest.FixtureRequest, service: Running) -> Iterator[smtplib.SMTP]:
    """What hands a reader's mail over: it speaks LMTP with us itself, or it is a Postfix that does."""
    if request.param == "lmtp":
        connect, port = smtplib.LMTP, service.mail_in
    else:
        connect, port = smtplib.SMTP, request.getfixturevalue("postfix").port
    with connect("127.0.0.1", port) as client:
        yield client


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A mailbox that we collect mail from."""
    server = Dovecot()
    yield server
    server.remove()


@pytest.fixture
def collecting(service: Running, dovecot: Dovecot, tmp_path: Path) -> Iterator[Path]:
    """`newsletter inbound --imap` beside it; its log."""
    log = tmp_path / "imap.log"
    process = Process(
        "imap", [sys.executable, "-m", "newsletter.cli", "inbound", "--imap"], log=log,
        environment={**service.environment, "NEWSLETTER_IMAP_URL": dovecot.url, "NEWSLETTER_LOG_LEVEL": "debug"},
    )  # fmt: skip
    yield log
    process.stop()


def test_a_reader_without_a_browser(service: Running, server: smtplib.SMTP, request: pytest.FixtureRequest) -> None:
    alena = Writer(server, service, f"alena-{request.node.callspec.id}@example.org")
    alena.write(f"subscribe-be@{HOST}")
    asked = alena.next_mail()
    assert_answers(asked, alena)
    assert asked.message["Content-Language"] == "be"
    assert service.state(alena.address) != "active"

    alena.write(address_in(asked, "Reply-To"), "Так", answers=asked)
    welcome, letter = sorted(alena.next_mails(2), key=lambda mail: "List-Unsubscribe" in mail.message)
    assert_answers(welcome, alena)
    assert letter.sender == "Тыдзень у Беларусі"
    assert "active" in service.command("subscribers", "show", alena.address)

    alena.write(f"unsubscribe@{HOST}", "Як адпісацца?")
    way_out = alena.next_mail()
    assert_answers(way_out, alena)
    assert way_out.link("leave")

    alena.write(mailto_in(letter))
    until(lambda: service.state(alena.address) != "active")
    alena.write(f"unsubscribe@{HOST}", "Тут хто ёсць?")  # once a day is enough
    alena.write(f"help@{HOST}", "Дапамажыце, калі ласка, што рабіць далей?")
    assert_answers(alena.next_mail(), alena)


def test_who_asks_for_the_newest_digest_gets_it_and_is_not_subscribed(
    service: Running, server: smtplib.SMTP, request: pytest.FixtureRequest
) -> None:
    maria = Writer(server, service, f"maria-{request.node.callspec.id}@example.org")
    maria.write(f"latest-en@{HOST}")
    latest = maria.next_mail()
    assert_answers(latest, maria)
    assert latest.sender == "The Week in Belarus"
    assert "List-Unsubscribe" not in latest.message
    assert not any("/leave/" in link for link in latest.links)
    assert service.state(maria.address) != "active"


@pytest.mark.dovecot
def test_a_reader_whose_mail_is_collected_from_a_mailbox(service: Running, dovecot: Dovecot, collecting: Path) -> None:
    with dovecot.connect() as server:
        volha = Writer(server, service, "volha@example.org")
        volha.write(f"anna@{HOST}", "Not for the newsletter")
        volha.write(f"subscribe-be@{HOST}")
        asked = volha.next_mail()
        volha.write(address_in(asked, "Reply-To"), "Так", answers=asked)
        letters = [mail for mail in volha.next_mails(2) if "List-Unsubscribe" in mail.message]
        assert [mail.sender for mail in letters] == ["Тыдзень у Беларусі"]
        assert "active" in service.command("subscribers", "show", volha.address)
        volha.write(f"latest-en@{HOST}")
        assert volha.next_mail().sender == "The Week in Belarus"
    until(lambda: len(dovecot.lie(HANDLED)) == 3)

    dovecot.stop()
    until(lambda: "trying again" in collecting.read_text())
    dovecot.start()
    with dovecot.connect() as server:
        Writer(server, service, volha.address).write(mailto_in(letters[0]))
    until(lambda: service.state(volha.address) != "active", 60)
    until(lambda: len(dovecot.lie(HANDLED)) == 4)
    (other,) = dovecot.lie()
    assert b"Not for the newsletter" in other
    said = collecting.read_text()
    assert "@example.org" not in said
    assert PASSWORD not in said
    assert "Traceback" not in said


def test_an_address_that_there_is_not_is_refused_by_name(server: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.sendmail("anna@example.org", [f"nobody@{HOST}"], b"x")
    assert [code for code, _ in refused.value.recipients.values()] == [550]


def test_no_log_holds_an_address(service: Running) -> None:
    logs = {log.name: log.read_text() for log in (service.folder / "log").glob("*.log")}
    assert "mail in at" in logs["inbound.log"]
    for name, said in logs.items():
        assert "@example.org" not in said, name
        assert "confirm+" not in said, name


def assert_answers(mail: Received, writer: Writer) -> None:
    """It answers what they wrote last, comes from nobody, and says that a machine wrote it."""
    head = mail.message
    assert head["In-Reply-To"] == writer.last
    assert head["Auto-Submitted"] == "auto-replied"
    assert head["X-Envelope-From"] == "<>"


def address_in(mail: Received, header: str) -> str:
    return str(mail.message[header].addresses[0].addr_spec)


def mailto_in(mail: Received) -> str:
    found = re.search(r"<mailto:([^>?]+)", str(mail.message["List-Unsubscribe"]))
    assert found is not None
    return found[1]
