"""`newsletter inbound`: what it says is taken is in the database, whatever happens to it in between."""

import resource
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from newsletter.inbound import Mail, Source, place_of, unpack
from newsletter.inbound.places import REPORT_OCTETS
from newsletter.store.received import ReceivedRow
from newsletter.tokens import Purpose, make
from tests.servers.command import Command, environment
from tests.servers.crew import Nursery
from tests.servers.handing import Handing
from tests.servers.mail_in import MailIn
from tests.servers.places import short_directory
from tests.servers.starting import Fresh
from tests.servers.watching import until
from tests.verbs.conftest import Installation

JOIN = "subscribe-be@week.example.org"
ANNA = "anna@example.org"
MAIL = b"From: anna@example.org\r\nSubject: s\r\n\r\nHello\r\n"


@pytest.fixture
def here(install: Callable[..., Installation]) -> Installation:
    here = install(log_level="debug")
    _ = here.keyring
    return here


@pytest.fixture
def mail_in(here: Installation, tmp_path: Path, nursery: Nursery) -> Iterator[MailIn]:
    """The server in its own process."""
    server = MailIn(tmp_path / "inbound.log", nursery.start)
    server.start(environment(here.settings))
    yield server
    server.remove()


def kept(here: Installation) -> list[Mail]:
    """Return everything that is kept, in the order in which it is worked off."""
    with here.database.reading() as session:
        rows = session.scalars(select(ReceivedRow).order_by(ReceivedRow.lane, ReceivedRow.id)).all()
    return [unpack(Source(row.source), here.keyring.open_octets(row.sealed or b"", bound_to=row.ref)) for row in rows]


def bounce(here: Installation, ref: bytes = b"12345678") -> str:
    return f"bounce+{make(here.keyring, Purpose.BOUNCE, ref)}@week.example.org"


def test_what_is_handed_over_is_kept_sealed_and_no_log_names_anybody(here: Installation, mail_in: MailIn) -> None:
    with mail_in.connect() as client:
        assert client.hand(bounce(here), MAIL, sender="") == "250 2.0.0 Taken"
        assert client.hand(JOIN, MAIL, sender=ANNA) == "250 2.0.0 Taken"
        assert client.hand("anna@week.example.org", MAIL).startswith("550")
        assert client.hand(bounce(here).replace("+0", "+1", 1).replace("+f", "+0", 1)[:-20], MAIL).startswith("550")
        assert client("berta@example.org").startswith("500")
        client(f"MAIL FROM:<{ANNA}> NONSENSE={ANNA}")
    join, report = kept(here)  # a person waits for the first, so it comes first
    assert (join.source, join.recipient, join.sender, join.content) == (Source.LMTP, JOIN, ANNA, MAIL + b"\r\n")
    assert (report.sender, report.content) == ("", MAIL + b"\r\n")
    place = place_of(report.recipient, here.publication, here.keyring)
    assert place is not None
    assert place.ref == b"12345678"
    mail_in.ask_to_stop()
    assert mail_in.end() == 0
    said = mail_in.log.read_text()
    assert "mail in at 127.0.0.1:" in said
    assert "@example.org" not in said
    assert "bounce+" not in said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_opens_the_place_that_an_operator_names_and_takes_it_away_again(here: Installation, tmp_path: Path) -> None:
    """Started as an operator does; the other tests have it out of the nursery."""
    place = short_directory("inbound") / "lmtp"
    given = {**environment(here.settings), "NEWSLETTER_INBOUND_URL": f"lmtp+unix://{place}"}
    process = Fresh(["inbound"], given, log=tmp_path / "inbound.log")
    try:
        until(lambda: "mail in at" in (tmp_path / "inbound.log").read_text(), 60)
        with Handing(str(place)) as client:
            assert client.hand(JOIN, MAIL, sender=ANNA) == "250 2.0.0 Taken"
        process.ask_to_stop()
        assert process.end(20) == 0
    finally:
        process.kill()
    assert [mail.recipient for mail in kept(here)] == [JOIN]
    assert not place.exists()
    place.parent.rmdir()


def test_the_same_content_is_taken_once_and_gladly_each_time(here: Installation, mail_in: MailIn) -> None:
    with mail_in.connect() as client:
        for _ in range(3):
            assert client.hand(JOIN, MAIL).startswith("250")
        assert client.hand("help@week.example.org", MAIL).startswith("250")
        assert client.hand(JOIN, MAIL + b"2").startswith("250")
    assert [(mail.recipient, len(mail.content)) for mail in kept(here)] == [
        (JOIN, len(MAIL) + 2),
        ("help@week.example.org", len(MAIL) + 2),
        (JOIN, len(MAIL) + 3),
    ]


def test_a_report_of_ten_megabytes_is_taken_and_not_an_octet_more(here: Installation, mail_in: MailIn) -> None:
    content = secrets.token_bytes(REPORT_OCTETS - 2)
    with mail_in.connect() as client:
        assert client.hand(bounce(here), content).startswith("250")
        assert client.hand(bounce(here), content + b"a").startswith("552 5.3.4")
    assert [mail.content for mail in kept(here)] == [content + b"\r\n"]


@pytest.mark.parametrize(("dies", "rows_left"), [("before", 0), ("after", 1)])
def test_a_kill_before_the_answer_loses_nothing_and_takes_nothing_twice(
    here: Installation, tmp_path: Path, nursery: Nursery, dies: str, rows_left: int
) -> None:
    server = MailIn(tmp_path / "inbound.log", nursery.start)
    server.start(environment(here.settings), dies=dies)
    try:
        with server.connect() as client:
            assert client.hand(JOIN, MAIL) == ""
        assert server.end() == -9
        server.start(environment(here.settings))
        if rows_left:
            assert [mail.recipient for mail in kept(here)] == [JOIN]
        with server.connect() as client:  # no answer came, so the mail server tries again
            assert client.hand(JOIN, MAIL).startswith("250")
    finally:
        server.remove()
    assert len(kept(here)) == 1


def test_it_finishes_what_it_is_at_when_it_is_told_to_stop(here: Installation, mail_in: MailIn) -> None:
    with mail_in.connect() as client:
        client.begin(JOIN)
        mail_in.ask_to_stop()
        assert client.content(MAIL) == ["250 2.0.0 Taken"]
        assert client.answer().startswith("421")
    assert mail_in.end() == 0
    assert len(kept(here)) == 1


def test_while_the_database_is_away_mail_stays_where_it_is(here: Installation, mail_in: MailIn) -> None:
    with mail_in.connect() as client:
        assert client.hand(JOIN, MAIL).startswith("250")
        with away(here, mail_in.process.pid):
            # Of random octets, which nothing makes smaller.
            assert client.hand(JOIN, secrets.token_bytes(200_000)) == "451 4.3.0 Not now; please try again later"
        assert client.hand(JOIN, MAIL * 2).startswith("250")
    assert [len(mail.content) for mail in kept(here)] == [len(MAIL) + 2, 2 * len(MAIL) + 2]
    assert "was put off" in mail_in.log.read_text()
    assert "Traceback" not in mail_in.log.read_text()


@contextmanager
def away(here: Installation, pid: int) -> Iterator[None]:
    """PostgreSQL takes no connections; or, with SQLite, the disk is full."""
    if here.database.is_sqlite:
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (50_000, most))
        yield
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        return
    here.database.close()
    name = psycopg.conninfo.conninfo_to_dict(here.settings.database)["dbname"]
    with psycopg.connect(here.settings.database, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]


def test_a_place_that_is_wrong_ends_it_with_2(command: Command) -> None:
    for url in ("lmtp://nowhere", "lmtp+unix://relative"):
        answer = command.forked("inbound", inbound_url=url)
        assert answer.code == 2
        assert "NEWSLETTER_INBOUND_URL" in answer.err


def test_check_warns_of_a_place_beyond_this_machine(command: Command) -> None:
    assert "listens beyond this machine" in command.forked("check", inbound_url="lmtp://0.0.0.0:8024").out
    assert "beyond" not in command.forked("check").out
