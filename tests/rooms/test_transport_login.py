"""TLS and AUTH: who we speak to is verified, and what it may hear."""

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.errors import OperatorError
from newsletter.outcomes import State, Step
from newsletter.transport import Report, Transport, parse_server, send_one
from tests.smtp.certificates import NOW, Authority
from tests.smtp.ledger import RecordingGate, envelope, source
from tests.smtp.script import CLOSE, RESET, Script, say, script
from tests.smtp.server import Record, playing


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of this module."""
    return Authority(tmp_path_factory.mktemp("certificates"))


def deliver(play: Script, *, scheme: str = "smtp", login: str = "", **parameters: object) -> tuple[Report, Record]:
    """Deliver to five readers over up to four connections."""
    with playing(play) as seen:
        given = "".join(f"&{name}={value}" for name, value in parameters.items())
        server = parse_server(f"{scheme}://{login}127.0.0.1:{seen.port}?connections=4&timeout=20{given}")
        report = Transport(server, patience=0.3).deliver(
            source(envelope(id, f"r{id}") for id in range(5)), RecordingGate()
        )
    return report, seen


def test_starttls_is_used_and_what_was_offered_before_it_is_forgotten(authority: Authority) -> None:
    report, seen = deliver(script(tls=authority.context("127.0.0.1")), tls="starttls", ca=authority.ca)
    assert report.states == {State.SENT: 5}
    assert [line.split()[0] for line in seen.talks[0][:3]] == ["EHLO", "STARTTLS", "EHLO"]


def test_implicit_tls(authority: Authority) -> None:
    play = script(tls=authority.context("127.0.0.1"), implicit=True)
    report, seen = deliver(play, scheme="smtps", ca=authority.ca)
    assert report.states == {State.SENT: 5}
    assert sum(seen.taken.values()) == 5


def test_a_large_message_passes_tls_whole(authority: Authority) -> None:
    letter = b"0123456789" * 90 + b"\r\n"
    with playing(script(tls=authority.context("127.0.0.1"), implicit=True)) as seen:
        server = parse_server(f"smtps://127.0.0.1:{seen.port}?ca={authority.ca}")
        assert send_one([server], envelope(1, "anna", letter * 5000)).state is State.SENT
    assert seen.bodies[0].endswith(letter * 5000)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("fault", ["another name", "expired", "unknown authority"])
def test_a_certificate_that_does_not_hold_takes_the_server_out(
    authority: Authority, tmp_path: Path, scheme: str, fault: str
) -> None:
    until = NOW - timedelta(days=1) if fault == "expired" else NOW + timedelta(days=1)
    context = authority.context("mail.example.org" if fault == "another name" else "127.0.0.1", until=until)
    ca = Authority(tmp_path).ca if fault == "unknown authority" else authority.ca
    if scheme == "smtps":
        report, seen = deliver(script(tls=context, implicit=True), scheme=scheme, ca=ca)
    else:
        report, seen = deliver(script(tls=context), tls="starttls", ca=ca)
    assert report.states == {State.QUEUED: 5}
    assert report.out is not None
    assert report.out.step is (Step.CONNECT if scheme == "smtps" else Step.STARTTLS)
    assert not any("MAIL" in line for talk in seen.talks for line in talk)


@pytest.mark.parametrize(
    ("answer", "out"),
    [
        ("220 go ahead\r\nnot TLS at all, whatever 220 said", True),
        ("220 go ahead\r\n250 injected in plain text", True),
        ("501 5.5.2 what?", True),
        ("250 what?", True),
        ("454 4.7.0 not now", False),
    ],
)
def test_starttls_that_comes_to_nothing_ends_before_anything_is_said(
    authority: Authority, answer: str, out: bool
) -> None:
    play = script({"starttls": answer}, tls=authority.context("127.0.0.1"))
    report, seen = deliver(play, tls="starttls", ca=authority.ca, login="anna:s3cret@")
    assert report.states == {State.QUEUED: 5}
    assert (report.out is not None, bool(report.unreachable)) == (out, not out)
    assert {line.split()[0] for talk in seen.talks for line in talk} == {"EHLO", "STARTTLS"}


def test_garbage_instead_of_the_handshake_takes_the_server_out() -> None:
    with playing(script({"connect": "220 plain text, not TLS"})) as seen:
        server = parse_server(f"smtps://127.0.0.1:{seen.port}")
        outcome = send_one([server], envelope(1, "anna"))
    assert (outcome.state, outcome.text.partition(":")[0]) == (State.QUEUED, "connect")


@pytest.mark.parametrize("act", [CLOSE, RESET])
def test_a_connection_that_dies_in_the_handshake_may_be_better_later(authority: Authority, act: object) -> None:
    play = script({"starttls": say(b"220 go", act.then)}, tls=authority.context("127.0.0.1"))  # type: ignore[attr-defined]
    report, _ = deliver(play, tls="starttls", ca=authority.ca)
    assert report.states == {State.QUEUED: 5}
    assert report.unreachable.startswith("starttls")


def test_plain_text_is_not_fallen_back_to() -> None:
    report, seen = deliver(Script(), tls="starttls", login="anna:s3cret@")
    assert report.out is not None
    assert report.out.step is Step.STARTTLS
    assert [[line.split()[0] for line in talk] for talk in seen.talks] == [["EHLO"]]


@pytest.mark.parametrize("offered", ["AUTH PLAIN LOGIN", "AUTH LOGIN", "AUTH=LOGIN", "auth login plain"])
def test_login(offered: str) -> None:
    report, seen = deliver(
        script(offers=("PIPELINING", offered), login=("an@na", "s3crét")), login="an%40na:s3cr%C3%A9t@"
    )
    assert report.states == {State.SENT: 5}
    assert all(any(line.startswith("AUTH") for line in talk) for talk in seen.talks)


def test_a_refused_login_is_tried_once_and_charges_nobody() -> None:
    report, seen = deliver(script(offers=("AUTH PLAIN",), login=("anna", "other")), login="anna:s3cret@")
    assert report.states == {State.QUEUED: 5}
    assert report.out is not None
    assert (report.out.step, seen.connections) == (Step.AUTH, 1)


def test_a_login_that_is_not_offered_takes_the_server_out() -> None:
    report, _ = deliver(script(offers=("AUTH CRAM-MD5",)), login="anna:s3cret@")
    assert report.out is not None
    assert report.out.step is Step.AUTH


def test_a_login_put_off_may_be_better_later() -> None:
    report, _ = deliver(script({"auth": "454 4.7.0 later"}, offers=("AUTH PLAIN",)), login="anna:s3cret@")
    assert report.states == {State.QUEUED: 5}
    assert report.unreachable.startswith("auth: 454")


@pytest.mark.parametrize("echo", ["s3cret", "AGFubmEAczNjcmV0"])
def test_a_server_that_quotes_the_login_is_not_quoted(echo: str) -> None:
    report, _ = deliver(script({"auth": f"535 5.7.8 wrong: {echo}"}, offers=("AUTH PLAIN",)), login="anna:s3cret@")
    assert report.out is not None
    assert echo not in str(report.out)
    assert "535" in str(report.out)


def test_certificates_that_cannot_be_read_are_the_operators_to_put_right(tmp_path: Path) -> None:
    with pytest.raises(OperatorError), playing(Script()) as seen:
        send_one([parse_server(f"smtps://127.0.0.1:{seen.port}?ca={tmp_path / 'none.pem'}")], envelope(1, "anna"))
