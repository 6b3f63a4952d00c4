"""Whatever comes in is read without harm: no crash, little time, no address kept, nobody blamed by a forgery."""

import base64
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.badnews import BounceReport, Complaint
from newsletter.inbound.mail import Ignored, Mail, Source, Unclear
from newsletter.inbound.messages.decoding import decode, decode_words, undo
from newsletter.inbound.messages.message import TooMuch, read_message
from newsletter.inbound.reports.report import read_report
from tests.bounces import filled, samples
from tests.letters import sample
from tests.unit.rings import ring

KEYRING, PUBLICATION = ring(1), sample.publication()
READER = b"reader 1"
FILLED = [filled(content, KEYRING, READER).content for content in samples().values()]
MOST_SECONDS = 2.0
HEAD = b"From: MAILER-DAEMON@a.example\nSubject: failure notice\n"
REPORT = (
    HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\n"
)


def nested(depth: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(depth))


def wrapped(times: int) -> bytes:
    content = b"Subject: x\n\nx"
    for _ in range(times):
        code = base64.encodebytes(content)
        content = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + code
    return content


LARGE = {
    "ten million line feeds": b"\n" * 10_000_000,
    "ten million carriage returns": b"\r" * 10_000_000,
    "100,000 headers": b"a: b\n" * 100_000 + b"\nx",
    "one header of 10 MB": b"Subject: " + b"x" * 10_000_000 + b"\n\nx",
    "one header of encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 700_000 + b"\n\nx",
    "a header of blanks": HEAD + (b"X: " + b" " * 7_990 + b"x\n") * 120 + b"\nx",
    "a folded header": b"Content-Type: multipart/mixed; " + b"a=b;\n " * 300_000 + b"\n\nx",
    "many parameters": b"Content-Type: multipart/mixed; " + b"a=b; " * 300_000 + b"\n\nx",
    "quoted parameters": b"Content-Type: multipart/mixed; boundary=" + b'"\\' * 500_000 + b"\n\nx",
    "many parameters in 100 parts": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + (b"--b\nContent-Type: text/plain; " + b"a=b; " * 1_590 + b"\n\nx\n") * 98,
    "19 levels and many lines": nested(19) + b"\n-\n" * 3_000_000,
    "10,000 levels": nested(10_000),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 100_000,
    "a million parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nx\n" * 1_000_000,
    "a million groups": b"Content-Type: message/delivery-status\n\n" + b"a: b\n\n" * 1_000_000,
    "messages in base64": wrapped(30),
    "one line of letters": HEAD + b"\n" + b"a" * 900_000,
    "one line of addresses": HEAD + b"\n" + b"a@" * 450_000,
    "lines of addresses": HEAD + b"\n" + b"<a@b.example>:\n" * 6_500,
    "lines of brackets": HEAD + b"\n" + (b"<" * 990 + b"\n") * 100,
    "dashes": HEAD + b"\n" + (b"-" * 100 + b"\n") * 9_000,
    "open tags": HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 140_000,
    "brackets in HTML": HEAD + b"Content-Type: text/html\n\n" + b"<a" * 490_000,
    "base64 of a long line": HEAD + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(b" a@" * 20_000),
    "a charset that takes quadratic time": HEAD
    + b"Content-Type: text/plain; charset=punycode\n\n"
    + (b"\xff" + b"a" * 900 + b"\n") * 100,
    "Message-IDs": HEAD + b"\n" + b"<00112233445566778899aabbccddeeff@x>\n" * 25_000,
    "tokens": HEAD + b"\n" + (b"leave+" + b"0" * 50 + b"@\n") * 16_000,
    "a diagnostic of addresses": REPORT + b"Action: failed\nDiagnostic-Code: smtp; " + b"a@" * 450_000,
    "a diagnostic of words": REPORT + b"Action: failed\nDiagnostic-Code: smtp; " + b"user " * 180_000,
    "a diagnostic of hyphens": REPORT + b"Action: failed\nDiagnostic-Code: smtp; " + b"a-" * 450_000,
    "fields behind a line that is none": REPORT + b"-\n" + b"Action: failed\n \n" * 40_000,
    "parentheses in From": b"From: " + b"(" * 900_000 + b"\n\nx",
    "10 MB of replies": HEAD + b"\n" + b"550 5.1.1 <a@b.example> User unknown\n" * 270_000,
}


def judge(content: bytes, ref: bytes | None = None) -> BounceReport | Complaint | Ignored | Unclear:
    return read_report(Mail(Source.LMTP, "", "", content), PUBLICATION, KEYRING, ref)


def harmless(content: bytes) -> None:
    for ref in (READER, None):
        began = process_time()
        found = judge(content, ref)
        assert process_time() - began < MOST_SECONDS
        if isinstance(found, BounceReport):
            assert "@" not in found.text
            assert len(found.text) <= 300
        if isinstance(found, BounceReport | Complaint):
            suspect = found.suspect
            assert suspect.ref in (ref, READER, None)
            assert suspect.named is None or suspect.named.ref == READER or suspect.named.digest_id != 7


@pytest.mark.parametrize("name", LARGE)
def test_no_message_takes_long(name: str) -> None:
    harmless(LARGE[name])


@given(st.binary(max_size=2_000))
def test_any_octets_are_read(content: bytes) -> None:
    harmless(content)


@given(st.text(max_size=500))
def test_any_text_is_read_as_a_report(text: str) -> None:
    harmless(REPORT + b"Action: " + text.encode("utf-8", "surrogatepass"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_report_that_was_damaged_on_its_way_is_read(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(FILLED)))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 400)))
        change = data.draw(st.sampled_from(["cut", "twice", "flip", "put", "charset", "nul", "break"]))
        if change == "cut":
            del content[start:end]
        elif change == "twice":
            content[end:end] = content[start:end]
        elif change == "flip" and start < len(content):
            content[start] ^= data.draw(st.integers(1, 255))
        elif change == "put":
            content[start:start] = data.draw(st.binary(max_size=60))
        elif change == "charset":
            content = bytearray(bytes(content).replace(b"utf-8", data.draw(st.binary(max_size=12))))
        elif change == "nul":
            content[start:start] = b"\0\0"
        elif change == "break":
            content = bytearray(bytes(content).replace(b"\n", data.draw(st.sampled_from([b"\r", b"\r\n", b"\n\n"]))))
    harmless(bytes(content))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_text_is_decoded_by_any_charset(octets: bytes, charset: str) -> None:
    assert isinstance(decode(octets, charset), str)
    assert isinstance(undo(octets, "base64"), bytes)
    assert isinstance(undo(octets, "quoted-printable"), bytes)
    assert isinstance(decode_words(f"=?{charset}?q?{octets.decode('latin-1')}?="), str)


@given(st.binary(max_size=500))
def test_of_any_message_all_can_be_asked(content: bytes) -> None:
    message = read_message(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + content)
    for part in message.walk():
        assert isinstance(part.kind + part.text + part.header("subject") + part.parameter("charset"), str)


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (LARGE["a million parts"], "more than 100 parts"),
        (nested(21), "more than 20 levels"),
        (b"a: b\n" * 100_001 + b"\nx", "more than 100,000 headers"),
    ],
)
def test_beyond_a_limit_the_limit_is_named(content: bytes, limit: str) -> None:
    with pytest.raises(TooMuch, match=limit):
        read_message(content)
    assert judge(content) == Unclear(limit)


def test_twenty_levels_are_read() -> None:
    assert len(list(read_message(nested(19) + b"Subject: x\n\nx").walk())) == 20
