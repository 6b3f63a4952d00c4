"""Bad news by mail: who complains is gone at once, two digests that come back stop a reader, forgeries do nothing."""

from email.message import EmailMessage

import pytest

from newsletter import receiving
from newsletter.badnews import BounceKind
from newsletter.store.notes import NoteRow
from newsletter.store.notices import NoticeRow
from newsletter.store.received import ReceivedRow, ReceivedState
from newsletter.store.suppressions import SuppressionReason, SuppressionRow
from tests.servers.postbox import Postbox
from tests.verbs.bounces import WEEKS, bounces
from tests.verbs.conftest import Installation
from tests.verbs.mail_in import OURS, inbox, outcomes, put, write, written
from tests.verbs.readers import ANNA, add, ask, leave, row, rows


@pytest.fixture
def here(here: Installation) -> Installation:
    """An installation that reads mail, with commentaries."""
    here.publication = here.publication.model_copy(update={"mail_in": True})
    here.load_seeds()
    return here


def complaint(about: str, *, kind: str = "abuse", to: str = ANNA) -> bytes:
    """Return a provider's report (RFC 5965) about a mail whose headers are given."""
    return (
        "From: <feedback@provider.example>\r\nTo: <complaints@week.example.org>\r\nSubject: FW: mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Rcpt-To: {to}\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{about}\r\n\r\nBody\r\n--b--\r\n"
    ).encode()


def headers_of(message: EmailMessage) -> str:
    return "\r\n".join(f"{name}: {value}" for name, value in message.items() if name != "To")


def complain(here: Installation, content: bytes) -> None:
    put(here, f"complaints@{OURS}", content, sender="feedback@provider.example")
    receiving.work_off(here)


def test_who_calls_a_letter_spam_is_gone_at_once_and_is_not_written_to_again(
    here: Installation, postbox: Postbox
) -> None:
    ref = add(here)
    here.plan()
    message = inbox(here, postbox)
    complain(here, complaint(headers_of(message)))
    assert row(here, ref) is None
    assert [one.reason for one in rows(here, SuppressionRow)] == [SuppressionReason.COMPLAINT]
    write(here, f"subscribe-be@{OURS}")
    assert rows(here, NoteRow) == []
    complain(here, complaint(headers_of(message)) + b"\r\n")
    assert outcomes(here) == ["complaint", "subscribe", "complaint: gone already"]


def test_a_complaint_about_a_note_is_the_last_that_is_sent_there(here: Installation, postbox: Postbox) -> None:
    ask(here)
    message = inbox(here, postbox)
    complain(here, complaint(headers_of(message)))
    assert [one.reason for one in rows(here, SuppressionRow)] == [SuppressionReason.COMPLAINT]
    here.clock.forward(days=2)
    ask(here)
    assert len(rows(here, NoteRow)) == 1


def test_who_calls_a_note_spam_gets_no_letters_either(here: Installation, postbox: Postbox) -> None:
    """Anybody may ask under a reader's address; the reader who has enough of that has enough."""
    ref = add(here)
    write(here, f"subscribe-en@{OURS}")
    complain(here, complaint(headers_of(inbox(here, postbox))))
    assert row(here, ref) is None
    assert [one.reason for one in rows(here, SuppressionRow)] == [SuppressionReason.COMPLAINT]


def test_a_complaint_that_shows_nothing_of_ours_is_left_to_a_person(here: Installation) -> None:
    ref = add(here)
    here.plan()
    here.deliver()
    complain(here, complaint("From: digest@week.example.org\r\nSubject: The Week"))
    assert row(here, ref) is not None
    assert [one.state for one in rows(here, ReceivedRow)] == [ReceivedState.REVIEW]
    assert [one.kind for one in rows(here, NoticeRow)] == ["review"]


def test_a_report_that_it_is_no_spam_is_no_complaint(here: Installation, postbox: Postbox) -> None:
    ref = add(here)
    here.plan()
    complain(here, complaint(headers_of(inbox(here, postbox)), kind="not-spam"))
    assert row(here, ref) is not None


def dsn(to: str, message_id: str, status: str = "5.1.1") -> bytes:
    """Return a delivery status notification (RFC 3464) that quotes a Message-ID."""
    return (
        "From: MAILER-DAEMON@mail.example.org\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {ANNA}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} <{ANNA}>: user unknown\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


def test_two_digests_that_come_back_as_mail_stop_their_reader(here: Installation, postbox: Postbox) -> None:
    ref = add(here)
    for week, state in zip(WEEKS[:2], ("active", "stopped"), strict=True):
        here.plan(week)
        message = inbox(here, postbox)
        to = postbox.senders[ANNA]  # the return path of that reader
        assert to.startswith("bounce+")
        for _ in range(2):
            put(here, to, dsn(to, str(message["Message-ID"])), sender="")
        put(here, to, written(to, text="I am on holiday", Auto_Submitted="auto-replied"))
        receiving.work_off(here)
        reader = row(here, ref)
        assert reader is not None
        assert reader.state.value == state
    assert [(one.kind, one.enhanced) for one in bounces(here)] == [(BounceKind.BAD_ADDRESS, "5.1.1")] * 2
    assert not any(ANNA in (one.text or "") for one in bounces(here))
    assert len({one.digest_id for one in bounces(here)}) == 2
    assert leave(here, ref)
    assert all(one.sealed is None for one in rows(here, ReceivedRow))
