"""The server for mail in: what it takes, what it refuses, and that a mail is in safety before it says so."""

import logging
import smtplib
import threading

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.inbound.mail import Source
from newsletter.inbound.places import COMMAND_OCTETS, REPORT_OCTETS, Command
from tests.rooms.inbound import DOMAIN, JOIN, REF, Away, Door, bounce
from tests.servers.handing import Handing

MAIL = b"From: anna@example.org\r\nSubject: s\r\n\r\nHello\r\n"
EASILY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def lasting() -> Door:
    with Door() as door:
        yield door


@pytest.mark.parametrize("scheme", ["lmtp", "smtp"])
def test_a_mail_is_kept_with_its_envelope(scheme: str) -> None:
    client = {"lmtp": smtplib.LMTP, "smtp": smtplib.SMTP}[scheme]
    with Door(scheme) as door:
        with client("127.0.0.1", int(door.at)) as connection:
            assert connection.sendmail("anna@example.org", [JOIN], MAIL) == {}
        ((mail, place),) = door.kept
    assert (mail.source, mail.recipient, mail.sender, mail.content) == (Source(scheme), JOIN, "anna@example.org", MAIL)
    assert place.command is Command.SUBSCRIBE


def test_the_null_return_path_is_an_empty_sender_and_a_token_leads_to_its_reader() -> None:
    with Door() as door:
        with Handing(door.at) as client:
            assert client.hand(bounce(), MAIL, sender="") == "250 2.0.0 Taken"
        ((mail, place),) = door.kept
    assert mail.sender == ""
    assert place.ref == REF


def test_it_says_what_it_can() -> None:
    with Door() as door, Handing(door.at) as client:
        assert client.offers == [
            "250-localhost",
            "250-PIPELINING",
            "250-ENHANCEDSTATUSCODES",
            f"250-SIZE {REPORT_OCTETS}",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 HELP",
        ]
        for command in ("EHLO mx.example.org", "HELO mx.example.org"):
            assert client(command).startswith("500")
        assert client("VRFY anna").startswith("252")
        assert client("AUTH PLAIN AGEAYg==").startswith("538")


@pytest.mark.parametrize(
    "recipient",
    [
        f"nobody@{DOMAIN}",
        "subscribe@elsewhere.example.org",
        f"subscribe-de@{DOMAIN}",
        f"bounce+00000000@{DOMAIN}",
        bounce(keys=2),
        bounce().replace("bounce+", "leave+"),
        bounce()[:20] + f"@{DOMAIN}",
        "",
        "subscribe",
        f"subscribe@{DOMAIN}\udc80",
    ],
)
def test_what_is_none_of_ours_is_refused_by_name(lasting: Door, recipient: str) -> None:
    with Handing(lasting.at) as client:
        assert client.begin(recipient) == ["550 5.1.1 No such address here"]
        assert client("DATA").startswith("503")


def test_what_says_that_it_is_too_large_is_refused_before_it_comes(lasting: Door) -> None:
    with Handing(lasting.at) as client:
        assert client(f"MAIL FROM:<> SIZE={REPORT_OCTETS + 1}") == "552 5.3.4 Too large for this address"
        assert client(f"MAIL FROM:<> SIZE={REPORT_OCTETS} BODY=8BITMIME SMTPUTF8").startswith("250")


@pytest.mark.parametrize("line", [b"a" * 98, b"." * 98, b".", b""], ids=["letters", "dots", "a dot", "nothing"])
def test_what_is_too_large_for_an_address_is_refused_and_one_octet_less_is_taken(line: bytes) -> None:
    line += b"\r\n"
    whole = line * (COMMAND_OCTETS // len(line)) + b"a" * (COMMAND_OCTETS % len(line) - 2) + b"\r\n"
    whole = whole[: COMMAND_OCTETS - 2] + b"\r\n"
    assert len(whole) == COMMAND_OCTETS
    with Door() as door, Handing(door.at) as client:
        # The line end before the dot belongs to the content.
        assert client.hand(JOIN, whole[:-2]).startswith("250")
        assert client.hand(JOIN, b"a" + whole[:-2]).startswith("552 5.3.4")
        assert client.hand(bounce(), b"a" + whole[:-2]).startswith("250")
        assert door.contents == [whole, b"a" + whole]


def test_what_is_much_too_large_is_not_kept_in_memory_and_the_connection_goes_on() -> None:
    with Door() as door, Handing(door.at) as client:
        client.begin(JOIN)
        assert client("DATA").startswith("354")
        for _ in range(40):
            client.write(b"\r\n.." * 250_000)
        client.write(b"\r\n.\r\n")
        assert client.answer().startswith("552 5.3.4")
        assert client.hand(JOIN, MAIL).startswith("250")
        assert door.contents == [MAIL + b"\r\n"]


PIECES = [b"\r", b"\n", b"\r\n", b".", b"..", b"\0", b"\xff", "ў".encode(), b"To: x"]
LONG = b"a" * 70_000


@EASILY
@given(st.lists(st.sampled_from([*PIECES, b"LONG"])).map(b"".join))
@example(b"")
@example(b"\n.\n")
@example(b"\n.\r\nMAIL FROM:<x>\r\n")
@example(b"\r.\r")
def test_the_content_is_kept_octet_by_octet(lasting: Door, content: bytes) -> None:
    """Only CRLF . CRLF is the end, whatever else looks like it, so nobody can smuggle a second mail in."""
    content = content.replace(b"LONG", LONG)
    with Handing(lasting.at) as client:
        answer = client.hand(JOIN, content)
    if len(content) + 2 > COMMAND_OCTETS:
        assert answer.startswith("552")
    else:
        assert answer.startswith("250")
        assert lasting.contents[-1] == content + b"\r\n"


def test_several_mails_may_come_in_one_flight(lasting: Door) -> None:
    before = len(lasting.kept)
    one = f"MAIL FROM:<>\r\nRCPT TO:<{JOIN}>\r\nDATA\r\n".encode()
    with Handing(lasting.at) as client:
        client.write(one + b"1\r\n.\r\n" + one + b".\r\nRSET\r\n" + one + b"..3\r\n.\r\nQUIT\r\n")
        codes = [client.answer()[:3] for _ in range(14)]
    assert codes == ["250", "250", "354", "250"] * 2 + ["250"] + ["250", "250", "354", "250"] + ["221"]
    assert lasting.contents[before:] == [b"1\r\n", b"", b".3\r\n"]


def test_by_lmtp_each_recipient_has_an_answer_of_its_own() -> None:
    with Door() as door, Handing(door.at) as client:
        assert [answer[:3] for answer in client.begin(JOIN, f"nobody@{DOMAIN}", bounce())] == ["250", "550", "250"]
        answers = client.content(b"a" * COMMAND_OCTETS, answers=2)
        assert answers == ["552 5.3.4 Too large for this address", "250 2.0.0 Taken"]
        assert [mail.recipient for mail, _ in door.kept] == [bounce()]
        assert client.hand(JOIN, MAIL).startswith("250")


def test_by_smtp_a_second_recipient_has_to_come_apart() -> None:
    with Door("smtp") as door, Handing(door.at, "EHLO mx.example.org") as client:
        assert client.begin(JOIN, bounce())[1].startswith("452 4.5.3")
        assert client.content(MAIL) == ["250 2.0.0 Taken"]
        assert [mail.recipient for mail, _ in door.kept] == [JOIN]


@pytest.mark.parametrize("fault", [Away("the database does not answer"), RuntimeError("anna@example.org"), OSError(28)])
def test_what_cannot_be_kept_is_put_off_and_nothing_names_its_sender(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "newsletter")
    with Door() as door, Handing(door.at) as client:
        door.fails = fault
        assert client.hand(JOIN, MAIL) == "451 4.3.0 Not now; please try again later"
        door.fails = None
        assert client.hand(JOIN, MAIL) == "250 2.0.0 Taken"
        assert len(door.kept) == 1
    said = [record.getMessage() for record in caplog.records if record.name == "newsletter.inbound"]
    assert len(said) == 2
    assert not any("example.org" in line for line in said)


def test_it_is_said_to_be_taken_only_when_it_is() -> None:
    may_go_on = threading.Event()
    with Door() as door, Handing(door.at) as client:
        door.waits = lambda: may_go_on.wait(20)
        client.begin(JOIN)
        assert client("DATA").startswith("354")
        client.write(MAIL + b".\r\n")
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        may_go_on.set()
        client.socket.settimeout(20)
        assert client.socket.recv(100).startswith(b"250 2.0.0")
        assert door.contents == [MAIL]


@pytest.mark.parametrize(
    "sender",
    [
        "x y@example.org",
        '"a>b"@example.org',
        "@relay.example:anna@example.org",
        "a..b@[IPv6:::1]",
        "анна@пример.рф",
        "a" * 300 + "@example.org",
        "\udcff@example.org",
        "no-domain",
    ],
)
def test_whoever_sent_it_is_no_matter(lasting: Door, sender: str) -> None:
    with Handing(lasting.at) as client:
        assert client.hand(JOIN, MAIL, sender=sender).startswith("250")
    assert lasting.kept[-1][0].sender == sender


@EASILY
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "MAIL FROM:<>",
                    f"RCPT TO:<{JOIN}>",
                    "RCPT TO:",
                    "MAIL",
                    "MAIL FROM:<> SIZE=x",
                    "NOOP",
                    "RSET",
                    "DATA x",
                ]
            ).map(str.encode),
            st.binary(max_size=40).filter(
                lambda line: b"\n" not in line and line.upper().strip() not in (b"DATA", b"QUIT")
            ),
        ),
        max_size=12,
    )
)
def test_no_line_takes_the_server_away(lasting: Door, lines: list[bytes]) -> None:
    with Handing(lasting.at) as client:
        for line in lines:
            client.write(line + b"\r\n")
            if not (answer := client.answer()):
                break  # too many words that it does not know
            assert answer[0] in "245"
    with Handing(lasting.at) as client:
        assert client.hand(JOIN, MAIL).startswith("250")
