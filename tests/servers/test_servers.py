"""The servers the suite stands on do what they are told; a wrong yardstick would pass everything."""

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.servers.copies import Copies
from tests.servers.postbox import Postbox
from tests.servers.postgresql import Databases


def _mail(to: str, *, number: int = 1) -> bytes:
    return f"To: {to}\r\nMessage-ID: <{number}@example.org>\r\nSubject: s\r\n\r\n.first\r\n\r\nlast\r\n".encode()


def test_the_postbox_takes_mail_and_tells_who_got_what(postbox: Postbox) -> None:
    with smtplib.SMTP("127.0.0.1", postbox.port) as client:
        client.sendmail("bounce@example.org", ["anna@example.org"], _mail("anna@example.org"))
        client.sendmail("bounce@example.org", ["anna@example.org"], _mail("anna@example.org", number=2))
        assert postbox.open == 1
    assert postbox.taken == {"anna@example.org": ["<1@example.org>", "<2@example.org>"]}
    assert postbox.senders == {"anna@example.org": "bounce@example.org"}
    assert postbox.body("anna@example.org") == _mail("anna@example.org", number=2)
    assert postbox.most_open == 1


@pytest.mark.parametrize("stage", ["answers", "at_data", "at_dot"])
def test_the_postbox_refuses_one_recipient_and_no_other(postbox: Postbox, stage: str) -> None:
    getattr(postbox, stage)["gone@example.org"] = "550 5.1.1 no such user"
    with smtplib.SMTP("127.0.0.1", postbox.port) as client:
        with pytest.raises(smtplib.SMTPException):
            client.sendmail("b@example.org", ["gone@example.org"], _mail("gone@example.org"))
        client.sendmail("b@example.org", ["anna@example.org"], _mail("anna@example.org"))
    assert list(postbox.taken) == ["anna@example.org"]


def test_the_postbox_refuses_everyone_at_the_greeting_until_told_otherwise(postbox: Postbox) -> None:
    postbox.at_connect["*"] = "421 4.3.2 not now"
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP("127.0.0.1", postbox.port)
    del postbox.at_connect["*"]
    smtplib.SMTP("127.0.0.1", postbox.port).close()


def test_the_postbox_takes_a_message_and_hangs_up_instead_of_answering(postbox: Postbox) -> None:
    postbox.at_dot["*"] = ""
    with smtplib.SMTP("127.0.0.1", postbox.port) as client, pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("b@example.org", ["anna@example.org"], _mail("anna@example.org"))
    assert postbox.messages == 1


def test_the_postbox_answers_a_whole_pipeline_in_order(postbox: Postbox) -> None:
    postbox.answers["gone@example.org"] = "550 5.1.1 no such user"
    with socket.create_connection(("127.0.0.1", postbox.port)) as connection:
        group = b"MAIL FROM:<b@e.org>\r\nRCPT TO:<%s>\r\nDATA\r\n"
        connection.sendall(b"EHLO me\r\n" + group % b"a@example.org" + b"x\r\n.\r\n")
        connection.sendall(group % b"gone@example.org" + b"RSET\r\nQUIT\r\n")
        answered = b"".join(iter(lambda: connection.recv(4096), b"")).decode().splitlines()
    codes = [line[:3] for line in answered if line[3] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "550", "554", "250", "221"]


def test_held_dots_leave_their_senders_in_doubt_until_released(postbox: Postbox) -> None:
    postbox.hold(after=1)
    script = (
        "import smtplib, sys\n"
        "with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as c:\n"
        "    for n in (1, 2): c.sendmail('b@e.org', ['a@e.org'], b'x')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(postbox.port)]) as sender:
        postbox.wait("held", 1)
        assert (postbox.messages, postbox.open, sender.poll()) == (2, 1, None)
        postbox.release()
        assert sender.wait(30) == 0


def test_a_delay_is_waited_for_each_message(postbox: Postbox) -> None:
    postbox.delay(0.2)
    started = time.monotonic()
    with smtplib.SMTP("127.0.0.1", postbox.port) as client:
        for number in (1, 2):
            client.sendmail("b@example.org", ["a@example.org"], _mail("a@example.org", number=number))
    assert time.monotonic() - started >= 0.4


def test_a_stopped_postbox_comes_back_on_its_port(postbox: Postbox) -> None:
    port = postbox.port
    postbox.stop()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port)
    postbox.start()
    assert postbox.port == port
    smtplib.SMTP("127.0.0.1", port).close()


@pytest.mark.parametrize("_turn", [1, 2])
def test_the_broker_is_a_real_valkey_and_empty_for_each_test(_turn: int, broker_url: str, valkey_socket: Path) -> None:
    with redis.Redis(unix_socket_path=str(valkey_socket)) as connection:
        assert connection.dbsize() == 0
        assert connection.info()["valkey_version"]
        connection.set("left", "over")


def test_a_fresh_database_is_like_its_template_and_alone(fresh_postgresql: Callable[..., str]) -> None:
    first = fresh_postgresql()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE t (id int)")
    name = first.partition("?")[0].rpartition("/")[2]
    second = fresh_postgresql(name)
    with psycopg.connect(second) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    with psycopg.connect(first) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.fixture
def copies(postgresql: Databases, postgresql_template: str) -> Iterator[Copies]:
    copies = Copies(postgresql, postgresql_template)
    yield copies
    copies.remove()


def test_a_database_that_is_used_again_is_as_new_and_nobody_has_it_open(copies: Copies, postgresql: Databases) -> None:
    add = "INSERT INTO audit (at, who, what, ref) VALUES (now(), 'a', 'b', 'c') RETURNING id"
    name = copies.take()
    left_open = psycopg.connect(postgresql.url(name))
    left_open.execute("LOCK TABLE audit")
    with psycopg.connect(postgresql.url(name)) as connection:
        connection.execute("INSERT INTO domains (lookup, sealed_name) VALUES ('a', 'b')")
    copies.give_back(name)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()
    assert copies.take() == name
    with psycopg.connect(postgresql.url(name)) as connection:
        assert connection.execute("SELECT count(*) FROM domains").fetchone() == (0,)
        assert connection.execute(add).fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    copies.give_back(name)
    assert copies.take() == name
    with psycopg.connect(postgresql.url(name)) as connection:
        assert connection.execute(add).fetchone() == (1,)
    copies.give_back(name)


@pytest.mark.parametrize(
    "changed",
    [
        "ALTER TABLE audit DROP COLUMN who",
        "CREATE TABLE more (id int)",
        "DROP TABLE notices",
        "DROP INDEX ix_plans_digest_id",
        "ALTER TABLE audit ALTER COLUMN who DROP NOT NULL",
        "CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE SCHEMA more",
    ],
)
def test_a_database_that_has_become_another_is_not_used_again(
    copies: Copies, postgresql: Databases, changed: str
) -> None:
    name = copies.take()
    with psycopg.connect(postgresql.url(name)) as connection:
        connection.execute(changed)
    copies.give_back(name)
    another = copies.take()
    copies.give_back(another)
    assert another != name
