"""What comes in goes by its address to whoever reads it; nothing raises, and a forged token does nothing."""

import json
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.badnews import BounceReport, Complaint
from newsletter.inbound import Confirm, Ignored, Leave, Mail, Source, Unclear, read
from newsletter.inbound.places import COMMAND_OCTETS, WITH_TOKEN, Command
from newsletter.tokens import Purpose
from tests.rooms.writing import (
    BOUNCE,
    COMMANDS,
    CONFIRM,
    FULL,
    LEAVE,
    LETTER_ID,
    NEUTRAL,
    NOTE_ID,
    PUBLICATION,
    READER,
    RING,
    brought,
    written,
)
from tests.unit.rings import ring

COMPLAINTS = f"complaints@{FULL}"
PLACES = (*COMMANDS, LEAVE, BOUNCE, COMPLAINTS)
RAW = written(in_reply_to=NOTE_ID, references=NOTE_ID)


def failure() -> bytes:
    """Return a report that a letter of ours could not be delivered (RFC 3464)."""
    return (
        b"From: MAILER-DAEMON@mx.example.com\nAuto-Submitted: auto-replied\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        b"--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        b"Final-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: 5.1.1\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: " + LETTER_ID.encode() + b"\n\nText\n--b--\n"
    )


def complaint() -> bytes:
    """Return a reader's complaint as a provider passes it on (RFC 5965)."""
    return (
        b"From: <fbl@provider.example>\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        b"--b\n\nThis is spam.\n--b\nContent-Type: message/feedback-report\n\n"
        b"Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: " + LETTER_ID.encode() + b"\n\nText\n--b--\n"
    )


@pytest.mark.parametrize(
    ("content", "sender"),
    [
        (b"", ""),
        (RAW, "anna@example.com"),
        (failure(), ""),
        (b"Precedence: list\nList-Id: <x.example>\nFrom: digest@week.example.org\n\n", "mailer-daemon@example.com"),
        (b"From: a@b, c@d\n\n" + b"x" * (COMMAND_OCTETS + 1), "x"),
        (b"A: b\n" * 200_000, ""),
    ],
)
def test_leaving_asks_for_nothing_but_the_address(content: bytes, sender: str) -> None:
    assert read(brought(LEAVE, content, sender), PUBLICATION, RING) == Leave(LEAVE[6:56])


def test_bad_news_is_read_with_what_the_address_names() -> None:
    report = read(brought(BOUNCE, failure(), ""), PUBLICATION, RING)
    assert isinstance(report, BounceReport)
    assert report.suspect.ref == READER
    told = read(brought(COMPLAINTS, complaint()), PUBLICATION, RING)
    assert isinstance(told, Complaint)
    assert told.suspect.is_proven


@pytest.mark.parametrize("recipient", COMMANDS)
def test_a_complaint_counts_at_every_address_and_a_bounce_at_none_of_a_person_s(recipient: str) -> None:
    for sender in ("", "fbl@provider.example"):
        told = read(brought(recipient, complaint(), sender), PUBLICATION, RING)
        assert isinstance(told, Complaint)
        assert told.suspect.named is not None
        assert told.suspect.named.ref == READER
        assert isinstance(read(brought(recipient, failure(), sender), PUBLICATION, RING), Ignored)


@pytest.mark.parametrize("recipient", COMMANDS)
def test_a_person_s_mail_has_its_size(recipient: str) -> None:
    large = b"X-Filler: " + b"x" * (COMMAND_OCTETS - len(RAW) - 11) + b"\n" + RAW
    assert not isinstance(read(brought(recipient, large), PUBLICATION, RING), (Unclear, Ignored))
    found = read(brought(recipient, large + b"\n"), PUBLICATION, RING)
    assert found == Unclear("larger than 262,144 octets")


def test_what_is_beyond_a_limit_is_for_a_person_to_look_at() -> None:
    many = EmailMessage()
    for _ in range(101):
        many.add_attachment("x")
    found = read(brought(f"subscribe@{FULL}", b"From: anna@example.com\n" + many.as_bytes()), PUBLICATION, RING)
    assert found == Unclear("more than 100 parts")


@pytest.mark.parametrize("recipient", ["", "x", f"digest@{FULL}", "subscribe@example.com", f"subscribe-pl@{NEUTRAL}"])
def test_an_address_that_is_none_of_ours_does_nothing(recipient: str) -> None:
    for content in (RAW, failure(), complaint()):
        assert read(brought(recipient, content), PUBLICATION, RING) == Unclear("address is none of ours")


@pytest.mark.parametrize("source", [source for source in Source if source.is_webhook])
def test_a_provider_s_report_is_not_read_as_mail(source: Source) -> None:
    for content in (b"", b"{}", b"[]", b"null", b"\0", json.dumps({"a": [1]}).encode(), RAW):
        found = read(Mail(source, LEAVE, "", content), PUBLICATION, RING)
        assert isinstance(found, (Unclear, Ignored))


@given(
    st.sampled_from(list(WITH_TOKEN)), st.sampled_from(list(Purpose)), st.sampled_from([RAW, failure(), complaint()])
)
def test_a_forged_or_foreign_token_does_nothing(command: Command, purpose: Purpose, content: bytes) -> None:
    forged = tokens.make(ring(9), purpose, READER)
    assert isinstance(read(brought(f"{command}+{forged}@{FULL}", content), PUBLICATION, RING), Unclear)
    if purpose is not WITH_TOKEN[command]:
        foreign = tokens.make(RING, purpose, READER)
        assert isinstance(read(brought(f"{command}+{foreign}@{FULL}", content), PUBLICATION, RING), Unclear)


@given(
    st.sampled_from([*PLACES, "x", ""]) | st.text(),
    st.binary(max_size=3000) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(max_size=30),
    st.sampled_from(list(Source)),
)
def test_any_octets_at_any_address_are_something(recipient: str, content: bytes, sender: str, source: Source) -> None:
    found = read(Mail(source, recipient, sender, content), PUBLICATION, RING)
    assert not isinstance(found, Confirm)
    assert "@" not in getattr(found, "why", "")


@given(st.sampled_from(PLACES), st.sampled_from([RAW, failure(), complaint()]), st.data())
def test_a_mail_with_damage_is_something(recipient: str, content: bytes, data: st.DataObject) -> None:
    octets = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(octets)))
        octets[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=9))
    found = read(brought(recipient, bytes(octets)), PUBLICATION, RING)
    if isinstance(found, Leave):
        assert recipient == LEAVE
    if isinstance(found, Confirm):
        assert recipient == CONFIRM


SLOW = [
    b"From: " + b'"' * 200_000,
    b"From: " + b"(" * 100_000 + b")" * 100_000,
    b"From: " + b"a@b.example, " * 19_000,
    b"From: a@b.example\nIn-Reply-To: " + LETTER_ID.encode() * 4_000,
    b"From: a@b.example\nReferences: " + b"<" * 200_000,
    b"From: a@b.example\nSubject: " + b"=?utf-8?q?" * 20_000,
    b"From: a@b.example\nContent-Language: " + b"be-" * 60_000,
    b"From: a@b.example\n" + b"In-Reply-To: <x@y>\n" * 12_000,
    b"From: a@b.example\nContent-Type: text/html\n\n" + b"<style" * 40_000,
    b"From: a@b.example\nContent-Type: text/html\n\n" + b"<blockquote>&amp;" * 15_000,
    b"From: a@b.example\n\n" + b"@" * 250_000,
    b"From: a@b.example\n\n" + b"x" * 250_000,
    b"From: a@b.example\n\n" + b" " * 250_000,
    b"From: a@b.example\n\n" + b"x'" * 120_000,
    b"From: a@b.example\n\n" + b"On Monday <digest@week.example.org> wrote:\n" * 5_000,
    b"From: a@b.example\n\n" + "ў’".encode() * 60_000,
    b"From: a@b.example\n\n" + b"-\n" * 120_000,
]


@pytest.mark.parametrize("content", SLOW, ids=range(len(SLOW)))
def test_what_is_made_to_take_long_does_not(content: bytes) -> None:
    before = time.process_time()
    for recipient in (f"subscribe@{FULL}", CONFIRM):
        read(brought(recipient, content), PUBLICATION, RING)
    assert time.process_time() - before < 1
