"""A mailbox that is away, cuts connections, answers oddly: nothing is lost, and one odd mail stops no other."""

import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.inbound.imap import mailbox as imap
from newsletter.inbound.imap.mailbox import LONGEST_PAUSE
from newsletter.inbound.imap.progress import AGAIN_SECONDS
from newsletter.inbound.imap.session import open_session
from newsletter.inbound.imap.trouble import Lost, Unfit
from newsletter.inbound.imap.url import Mailbox, Tls
from newsletter.inbound.mail import Mail
from tests.imap.server import PASSWORD, ImapServer
from tests.imap.talk import USER
from tests.rooms.inbound import Away
from tests.rooms.mailbox import Collecting, letter
from tests.servers.watching import until
from tests.smtp.certificates import Authority

COMMANDS = [
    "greeting",
    "CAPABILITY",
    "LOGIN",
    "NAMESPACE",
    "SELECT",
    "LIST",
    "CREATE",
    "UID SEARCH",
    "UID FETCH 1:3 (RFC822.SIZE",
    "UID FETCH 2 (BODY",
    "UID MOVE 2",
    "NOOP",
    "LOGOUT",
]


@pytest.mark.parametrize("how", ["cut", "cut after", "cut within"])
@pytest.mark.parametrize("command", COMMANDS)
def test_wherever_the_connection_is_cut_everything_is_taken_and_moved_once(command: str, how: str) -> None:
    with ImapServer("MOVE", "NAMESPACE") as server:
        for number in range(1, 4):
            server.put(letter(number))
        server.at(command, "cut" if command == "greeting" else how)
        collecting = Collecting(server).run(looks=2)
        assert server.inbox.contents == []
        assert server.handled == [
            letter(number) for number in sorted(set(collecting.subjects), key=server_order(server))
        ]
        assert set(collecting.subjects) == {1, 2, 3}
        assert len(collecting.kept) <= 4  # the one that was kept and not moved is kept again, and known to be the same
        assert collecting.troubles in ([], [1.0])


def server_order(server: ImapServer) -> Callable[[int], int]:
    return lambda number: server.handled.index(letter(number))


def test_a_mail_is_moved_only_after_it_is_kept_and_is_found_again_if_it_was_not() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter())
        collecting = Collecting(server)

        def fail(_: Mail) -> None:
            assert server.handled == []
            if len(collecting.pauses) < 12:
                raise Away("the database does not answer")

        collecting.fails = fail
        assert collecting.run().subjects == [1]
        assert server.handled == [letter()]
    assert collecting.troubles == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_server_that_is_away_is_asked_again_after_pauses_that_grow_and_begin_anew() -> None:
    with ImapServer("MOVE") as server:
        server.at("greeting", "cut", times=3)
        collecting = Collecting(server)
        collecting.at_pause[4] = lambda: server.at("UID SEARCH", "cut")
        collecting.at_pause[5] = lambda: server.at("NOOP", "cut")
        server.put(letter())
        assert collecting.run(looks=2).pauses == [1, 2, 4, 60, 1, 60, 2]  # the last at its end
    assert collecting.subjects == [1]


def test_nobody_listening_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = open_session(Mailbox("127.0.0.1", port, USER, PASSWORD, Tls.NONE))
    with pytest.raises(Lost, match=f"^127.0.0.1:{port}: the connection was lost: Connection refused$"), nobody:
        pass


def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "open_session", partial(open_session, answer_seconds=0.3))
    with ImapServer("MOVE") as server:
        server.put(letter())
        for command in ("SELECT", "UID FETCH 1 (BODY"):
            server.at(command, b"")  # says nothing, and then hangs up
        assert Collecting(server).run().subjects == [1]


def test_a_wrong_password_ends_it_at_the_start_and_later_it_goes_on_slowly(caplog: pytest.LogCaptureFixture) -> None:
    with ImapServer("MOVE") as server:
        collecting = Collecting(server)
        server.password = "changed"
        with pytest.raises(Unfit, match="does not take the user and password of NEWSLETTER_IMAP_URL") as refused:
            collecting.run()
        assert USER not in str(refused.value)
        server.password = PASSWORD

        def change() -> None:
            server.password = "changed"
            server.cut_all()

        collecting.at_pause[1] = change
        collecting.at_pause[4] = lambda: setattr(server, "password", PASSWORD)
        server.put(letter())
        assert collecting.run(looks=2).pauses == [60, 1, 300, 300, 60]
        assert collecting.subjects == [1]
    assert LONGEST_PAUSE == 300
    assert "does not take the user and password" in caplog.text


def test_a_refusal_that_is_for_now_is_waited_out() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter())
        server.at("LOGIN", "NO [UNAVAILABLE] backend is away")
        server.at("SELECT", "NO [INUSE] somebody has it")
        assert Collecting(server).run().pauses == [1, 2, 60]


def test_a_folder_that_there_is_not_is_said_at_the_start() -> None:
    with ImapServer("MOVE") as server, pytest.raises(Unfit, match="cannot be opened"):
        Collecting(server, folder="nowhere").run()
    with ImapServer("MOVE") as server:
        server.at("CREATE", "NO [NOPERM] no")
        with pytest.raises(Unfit, match="cannot be made"):
            Collecting(server).run()


def test_a_password_beyond_ascii_goes_by_another_command() -> None:
    with ImapServer("MOVE", "AUTH=PLAIN") as server:
        server.password = "пароль"
        server.put(letter())
        assert Collecting(server).run().subjects == [1]
        assert server.said("LOGIN") == []


@pytest.mark.parametrize(
    "answer",
    [
        "NO [SERVERBUG] no",
        "BAD what",
        b"* 2 FETCH (UID 2 BODY[]<0> NIL\r\nTAG OK done\r\n",
        b"* 2 FETCH (UID 2 BODY[]<0> 7)\r\nTAG OK done\r\n",
        b"* 2 FETCH (UID two)\r\nTAG OK done\r\n",
        b"* 2 FETCH (UID 2 FLAGS ())\r\nTAG OK done\r\n",
        b"* 2 FETCH (UID 2 BODY[]<0> {5}\r\nabc)\r\n",
        b"* 2 FETCH ((((((\r\nTAG OK\r\n",
        b"\xff\xfe\r\n",
        b"* BYE going down\r\n",
        "cut",
        "cut within",
    ],
)
def test_one_odd_mail_stops_no_other_and_is_left_alone_for_some_hours(
    answer: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with ImapServer("MOVE") as server:
        for number in range(1, 5):
            server.put(letter(number))
        server.at("UID FETCH 2 (BODY", answer, times=3)
        collecting = Collecting(server).run(looks=5)
        assert sorted(collecting.subjects) == [1, 3, 4]
        assert server.inbox.contents == [letter(2)]
        assert len(server.said("UID FETCH 2 (BODY")) == 3
        collecting.now = AGAIN_SECONDS
        collecting.run()
        assert server.inbox.contents == []


def test_heads_that_cannot_be_read_together_are_read_one_by_one() -> None:
    with ImapServer("MOVE") as server:
        for number in range(1, 5):
            server.put(letter(number))
        server.at("UID FETCH 1:4", b"* 1 FETCH (UID x)\r\nTAG OK done\r\n")
        server.at("UID FETCH 3", "BAD no", times=9)
        assert Collecting(server).run(looks=6).subjects == [1, 2, 4]


def test_a_mail_that_is_gone_meanwhile_is_no_trouble() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter(1))
        server.put(letter(2))
        server.at("UID FETCH 1 (BODY", lambda: server.inbox.messages.pop(0))
        collecting = Collecting(server).run(looks=2)
        assert (collecting.subjects, collecting.troubles) == ([2], [])


def test_a_mistake_of_ours_with_one_mail_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    with ImapServer("MOVE") as server:
        for number in range(1, 4):
            server.put(letter(number))
        collecting = Collecting(server)

        def fail(mail: Mail) -> None:
            if b"Subject: 2" in mail.content:
                raise RuntimeError("2")

        collecting.fails = fail
        assert collecting.run(looks=5).subjects == [1, 3]
        assert server.inbox.contents == [letter(2)]
    assert caplog.text.count("this should not happen") == 3


@pytest.mark.parametrize("what", ["cut", b"* BYE going down\r\n", b"* OK Still here\r\n", b"* what\r\n", b"\xff\r\n"])
def test_what_happens_while_it_waits_for_new_mail_loses_none(what: str | bytes) -> None:
    with ImapServer("MOVE", "IDLE") as server, Collecting(server) as collecting:
        assert server.idling.wait(20)
        server.at("idling", what)
        until(lambda: len(server.said("IDLE")) > 1)
        server.put(letter())
        until(lambda: server.handled == [letter()])
        assert collecting.subjects == [1]


@given(st.sampled_from([*COMMANDS, "IDLE"]), st.binary(max_size=60), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_ends_it(command: str, answer: bytes, is_ended: bool) -> None:
    with pytest.MonkeyPatch.context() as patched, ImapServer("MOVE", "NAMESPACE") as server:
        server.put(letter(1))
        server.put(letter(2))
        patched.setattr(imap, "open_session", partial(open_session, answer_seconds=0.5))
        collecting = Collecting(server).run()
        server.put(letter(3))
        server.at(command, b"* " + answer + (b"\r\nTAG OK\r\n" if is_ended else b""))
        collecting.run(looks=4)
        assert set(collecting.subjects) == {1, 2, 3}


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    for name, tls, wanted in [
        ("127.0.0.1", Tls.IMPLICIT, None),
        ("127.0.0.1", Tls.STARTTLS, None),
        ("imap.example.org", Tls.IMPLICIT, "not to be trusted: IP address mismatch"),
        ("imap.example.org", Tls.STARTTLS, "not to be trusted: IP address mismatch"),
    ]:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
        capabilities = ["MOVE", "IDLE", *(["STARTTLS"] if tls is Tls.STARTTLS else [])]
        with ImapServer(*capabilities, tls=authority.context(name)) as server:
            server.put(letter())
            if wanted:
                with pytest.raises(Unfit, match=wanted):
                    Collecting(server, tls=tls).run()
                assert server.said("LOGIN") == []
                continue
            with Collecting(server, tls=tls):
                until(lambda: server.handled == [letter()])
                server.put(letter(2))
                until(lambda: len(server.handled) == 2)
            monkeypatch.delenv("SSL_CERT_FILE")
            with pytest.raises(Unfit, match="not to be trusted"):
                Collecting(server, tls=tls).run()


def test_without_starttls_no_password_is_sent() -> None:
    with ImapServer("MOVE") as server, pytest.raises(Unfit, match="offers no STARTTLS"):
        Collecting(server, tls=Tls.STARTTLS).run()
    assert not server.said("LOGIN")
    with ImapServer("MOVE") as server:  # no TLS where it should begin at once
        plain = open_session(Mailbox("127.0.0.1", server.port, USER, PASSWORD))
        with pytest.raises(Lost), plain:
            pass


def test_no_log_names_anybody_or_says_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ImapServer("MOVE") as server:
        server.put(letter())
        server.put(letter(2, "anna@example.org"))
        server.at("UID MOVE", "NO anna@example.org has no room")
        Collecting(server).run(looks=2)
        server.at("LOGIN", "NO news@example.org is unknown")
        with pytest.raises(Unfit):
            Collecting(server).run()
    assert "took a mail to subscribe@" in caplog.text
    assert "example.org" not in caplog.text
    assert "p@ss" not in caplog.text
