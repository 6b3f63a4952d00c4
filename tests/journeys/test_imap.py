"""Mail in from a mailbox of a real Dovecot: a reader without a browser, and the server's own ways."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.embedded.processes import Process
from newsletter.inbound.imap.session import KEYWORD, Session, open_session
from newsletter.inbound.imap.url import Mailbox
from tests.rooms.mailbox import letter
from tests.servers.dovecot import PASSWORD, USER, Dovecot
from tests.servers.running import Running
from tests.servers.watching import until
from tests.servers.writer import Writer

pytestmark = pytest.mark.dovecot
SEEDS = Path(__file__).parents[2] / "seeds"
HOST = "week.example.org"
HANDLED = "newsletter.handled"


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    yield server
    server.remove()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """The whole service as `./run` starts it, with mail in."""
    shutil.copytree(SEEDS, tmp_path / "seeds")
    publication = tmp_path / "seeds" / "publication.toml"
    publication.write_text(re.sub("^mail_in = false", "mail_in = true", publication.read_text(), flags=re.MULTILINE))
    with Running(PUBLICATION=str(publication)) as running:
        yield running


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


def test_a_reader_without_a_browser(service: Running, dovecot: Dovecot, collecting: Path) -> None:
    with dovecot.connect() as server:
        volha = Writer(server, service, "volha@example.org")
        volha.write(f"anna@{HOST}", "Not for the newsletter")
        volha.write(f"subscribe-be@{HOST}")
        asked = volha.next_mail()
        volha.write(str(asked.message["Reply-To"].addresses[0].addr_spec), "Так", answers=asked)
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
        Writer(server, service, volha.address).write(leave_address(letters[0].message["List-Unsubscribe"]))
    until(lambda: "active" not in service.command("subscribers", "show", volha.address, code=None), 60)
    until(lambda: len(dovecot.lie(HANDLED)) == 4)
    (other,) = dovecot.lie()
    assert b"Not for the newsletter" in other
    said = collecting.read_text()
    assert "@example.org" not in said
    assert PASSWORD not in said
    assert "Traceback" not in said


def leave_address(header: str) -> str:
    return header.partition("<mailto:")[2].partition(">")[0].partition("?")[0]


@pytest.mark.parametrize(
    ("separator", "prefix", "capabilities"),
    [("/", "", ""), (".", "INBOX.", ""), ("/", "", "IMAP4rev1 LITERAL+ NAMESPACE")],
    ids=["plain", "prefix", "old"],
)
def test_folders_and_marks_as_it_has_them(separator: str, prefix: str, capabilities: str) -> None:
    server = Dovecot(separator=separator, prefix=prefix, capabilities=capabilities)
    try:
        with server.connect() as client:
            for number in range(3):
                assert client.sendmail("anna@example.org", [f"subscribe@{HOST}"], letter(number)) == {}
        with open_session(Mailbox("127.0.0.1", server.imap, USER, PASSWORD, Mailbox.at(server.url).tls)) as session:
            assert session.can_idle is not bool(capabilities)
            assert len(put_away(session)) == 3
            assert session.uids(1) == []
        with open_session(Mailbox.at(server.url)) as session:
            assert session.uids(1) == []
        assert len(server.lie(HANDLED)) == 3
        assert len(server.lie()) == (3 if capabilities else 0)  # without MOVE they are copied, and marked
        assert (KEYWORD in server.keywords) is bool(capabilities)
    finally:
        server.remove()


def put_away(session: Session) -> list[bytes]:
    found = []
    for uid, head in session.heads(session.uids(1)).items():
        content = session.content(uid, 10**6)
        assert content is not None
        assert len(content) == head.size
        found.append(content)
        session.put_away(uid)
    return found
