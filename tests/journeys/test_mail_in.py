"""A reader whose network lets only mail through: subscribes, confirms, reads, asks for the digest, and leaves."""

import re
import shutil
import smtplib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.mails import Received
from tests.servers.postfix import Postfix
from tests.servers.running import Running
from tests.servers.watching import until
from tests.servers.writer import Writer

SEEDS = Path(__file__).parents[2] / "seeds"
HOST = "week.example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole service as `./run` starts it, with mail in."""
    seeds = tmp_path_factory.mktemp("publication") / "seeds"
    shutil.copytree(SEEDS, seeds)
    publication = seeds / "publication.toml"
    publication.write_text(re.sub("^mail_in = false", "mail_in = true", publication.read_text(), flags=re.MULTILINE))
    with Running(PUBLICATION=str(publication)) as running:
        yield running


@pytest.fixture(params=["lmtp", pytest.param("postfix", marks=pytest.mark.postfix)])
def server(request: pytest.FixtureRequest, service: Running) -> Iterator[smtplib.SMTP]:
    """What hands a reader's mail over: it speaks LMTP with us itself, or it is a Postfix that does."""
    with ExitStack() as stack:
        if request.param == "lmtp":
            yield stack.enter_context(smtplib.LMTP("127.0.0.1", service.mail_in))
            return
        postfix = Postfix(ours=service.mail_in, elsewhere=9)
        stack.callback(postfix.remove)
        yield stack.enter_context(smtplib.SMTP("127.0.0.1", postfix.port))


def test_a_reader_without_a_browser(service: Running, server: smtplib.SMTP, request: pytest.FixtureRequest) -> None:
    alena = Writer(server, service, f"alena-{request.node.callspec.id}@example.org")
    alena.write(f"subscribe-be@{HOST}")
    asked = alena.next_mail()
    assert_answers(asked, alena)
    assert asked.message["Content-Language"] == "be"
    assert "active" not in service.command("subscribers", "show", alena.address)

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
    until(lambda: "active" not in shown(service, alena))
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
    assert "active" not in shown(service, maria)


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


def shown(service: Running, writer: Writer) -> str:
    """What the operator is shown about an address."""
    return service.command("subscribers", "show", writer.address, code=None)


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
