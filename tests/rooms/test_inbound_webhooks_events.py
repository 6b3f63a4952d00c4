"""What providers' events mean: whom they are about, and what is wrong; after their public documentation."""

import json
import re
from typing import Any

import pytest

from newsletter import addresses, messageids, tokens
from newsletter.badnews import BounceKind, BounceReport, Complaint
from newsletter.clock import monotonic
from newsletter.inbound import Ignored, Leave, Mail, Received, Source, Unclear, read
from newsletter.tokens import Purpose
from tests.rooms.inbound import KEYRING, PUBLICATION, REF
from tests.servers import provider_samples as samples
from tests.servers.provider_samples import ADDRESS, with_ours
from tests.unit.rings import ring

DIGEST, OTHER = 41, b"87654321"
MESSAGE_ID = messageids.message_id(KEYRING, DIGEST, REF)
LEAVE = tokens.make(KEYRING, Purpose.LEAVE, REF)
SES, POSTMARK, SENDGRID, MAILGUN = Source.SES, Source.POSTMARK, Source.SENDGRID, Source.MAILGUN
BAD, FULL, LATER = BounceKind.BAD_ADDRESS, BounceKind.MAILBOX_FULL, BounceKind.LATER
POLICY, CONTENT, UNKNOWN = BounceKind.POLICY, BounceKind.CONTENT, BounceKind.UNKNOWN

Json = dict[str, Any]
BOUNCES = {
    SES: samples.SES_BOUNCE,
    POSTMARK: samples.POSTMARK_BOUNCE,
    SENDGRID: samples.SENDGRID_BOUNCE,
    MAILGUN: samples.MAILGUN_BOUNCE,
}
COMPLAINTS = {
    SES: samples.SES_COMPLAINT,
    POSTMARK: samples.POSTMARK_COMPLAINT,
    SENDGRID: samples.SENDGRID_COMPLAINT,
    MAILGUN: samples.MAILGUN_COMPLAINT,
}
LEFT = {
    POSTMARK: samples.POSTMARK_CHANGE,
    SENDGRID: {**samples.SENDGRID_COMPLAINT, "event": "group_unsubscribe", "asm_group_id": 10},
    MAILGUN: {**samples.MAILGUN_MAIL, "event": "unsubscribed"},
}


def found(source: Source, event: Json, *, message_id: str = MESSAGE_ID, leave: str = LEAVE) -> Received:
    content = json.dumps(with_ours(event, message_id=message_id, leave=leave)).encode()
    return read(Mail(source, "", "", content), PUBLICATION, KEYRING)


def bounced(source: Source, event: Json, **ours: str) -> BounceReport:
    report = found(source, event, **ours)
    assert isinstance(report, BounceReport), report
    return report


def ses(kind: str, subkind: str, diagnostic: str = "", status: str = "", action: str = "failed") -> Json:
    whose = {"emailAddress": ADDRESS, "diagnosticCode": diagnostic, "status": status, "action": action}
    told = {"bounceType": kind, "bounceSubType": subkind, "bouncedRecipients": [whose], "feedbackId": "f"}
    return {**samples.SES_BOUNCE, "bounce": told}


def postmark(kind: str, details: str = "", record: str = "Bounce") -> Json:
    return {**samples.POSTMARK_BOUNCE, "Type": kind, "Details": details, "Description": "", "RecordType": record}


def sendgrid(type: str, reason: str, classed: str = "", status: str = "", event: str = "bounce") -> Json:
    told = {"type": type, "reason": reason, "bounce_classification": classed, "status": status, "event": event}
    return {**samples.SENDGRID_BOUNCE, **told}


def mailgun(reason: str, message: str = "", code: str = "", soft: bool = False, severity: str = "permanent") -> Json:
    status = {"message": message, "enhanced-code": code, "bounce-type": "soft" if soft else "hard"}
    return {**samples.MAILGUN_BOUNCE, "reason": reason, "severity": severity, "delivery-status": status}


@pytest.mark.parametrize("source", BOUNCES)
def test_the_reader_and_the_digest_are_found_by_our_message_id(source: Source) -> None:
    suspect = bounced(source, BOUNCES[source]).suspect
    assert suspect.ref == REF
    assert suspect.named == messageids.Named(DIGEST, REF, 0)
    assert suspect.address == addresses.parse(ADDRESS)


@pytest.mark.parametrize("source", [SES, POSTMARK])
def test_the_reader_is_found_by_the_leave_token_of_the_headers(source: Source) -> None:
    suspect = bounced(source, BOUNCES[source], message_id="00000138111222aa").suspect
    assert (suspect.ref, suspect.named) == (REF, None)


@pytest.mark.parametrize("source", [SES, MAILGUN])
def test_the_reader_is_found_by_the_return_path(source: Source) -> None:
    path = tokens.return_path(KEYRING, REF, samples.SENDER)
    bare = json.dumps(BOUNCES[source]).replace('"source": "' + samples.SENDER, f'"source": "{path}')
    event = json.loads(bare.replace("bounce+x@week.example.org", path))
    assert bounced(source, event, message_id="", leave="").suspect.ref == REF


@pytest.mark.parametrize("source", BOUNCES)
@pytest.mark.parametrize("forged", ["", "another key's", "another reader's and ours", "cut"])
def test_without_what_is_ours_only_the_address_is_left(source: Source, forged: str) -> None:
    ours = {"message_id": "", "leave": ""}
    if forged == "another key's":
        ours = {"message_id": "f" * 32, "leave": tokens.make(ring(2), Purpose.LEAVE, REF)}
    if forged == "another reader's and ours":
        other = messageids.message_id(KEYRING, DIGEST, OTHER)
        ours = {"message_id": f"{MESSAGE_ID}@week.example.org> <{other}", "leave": ""}
    if forged == "cut":
        ours = {"message_id": MESSAGE_ID[1:], "leave": LEAVE[:-1]}
    suspect = bounced(source, BOUNCES[source], **ours).suspect
    assert (suspect.ref, suspect.named) == (None, None)
    assert suspect.address == addresses.parse(ADDRESS)


@pytest.mark.parametrize("source", BOUNCES)
def test_a_notes_message_id_names_the_note(source: Source) -> None:
    note = messageids.message_id(KEYRING, messageids.NOTE, OTHER)
    suspect = bounced(source, BOUNCES[source], message_id=note, leave="").suspect
    assert suspect.named == messageids.Named(messageids.NOTE, OTHER, 0)


@pytest.mark.parametrize("source", COMPLAINTS)
def test_a_complaint_is_a_signed_one(source: Source) -> None:
    complaint = found(source, COMPLAINTS[source])
    assert isinstance(complaint, Complaint)
    assert complaint.is_signed
    assert complaint.suspect.address == addresses.parse(ADDRESS)
    assert complaint.suspect.ref == REF


@pytest.mark.parametrize("source", [SES, POSTMARK, MAILGUN])
def test_what_is_about_somebody_elses_mail_is_not_about_our_reader(source: Source) -> None:
    for event in (BOUNCES[source], COMPLAINTS[source]):
        other = json.loads(json.dumps(event).replace("week.example.org", "shop.example"))
        assert found(source, other, message_id="", leave="") == Ignored("about somebody else's mail")
        assert isinstance(found(source, other), BounceReport | Complaint), "what is proven is ours"


@pytest.mark.parametrize("source", BOUNCES)
@pytest.mark.parametrize("address", ["", "no address", "anna@", "\udc80@mail.example", "a" * 5000 + "@mail.example"])
def test_what_names_nobody_is_left_to_a_person(source: Source, address: str) -> None:
    event = json.loads(json.dumps(BOUNCES[source]).replace(f'"{ADDRESS}"', json.dumps(address)))
    assert isinstance(found(source, event, message_id="", leave=""), Unclear)


@pytest.mark.parametrize("source", LEFT)
def test_who_leaves_at_the_provider_leaves_here_if_it_shows_whose_mail_it_was(source: Source) -> None:
    assert found(source, LEFT[source]) == Leave(LEAVE)
    nobody = found(source, LEFT[source], message_id="", leave="")
    assert nobody == Ignored("left at the provider, and nothing shows which mail it was")
    note = messageids.message_id(KEYRING, messageids.NOTE, OTHER)
    assert isinstance(found(source, LEFT[source], message_id=note, leave=""), Ignored)


KINDS = [
    (SES, ses("Permanent", "General", "smtp; 550 5.1.1 user unknown", "5.1.1"), BAD, "5.1.1"),
    (SES, ses("Permanent", "General"), BAD, ""),
    (SES, ses("Permanent", "General", "smtp; 550 5.7.1 rejected by policy", "5.7.1"), POLICY, "5.7.1"),
    (SES, ses("Permanent", "General", "smtp; 554 5.0.0 rejected as spam", "5.0.0"), POLICY, "5.0.0"),
    (SES, ses("Permanent", "General", "smtp; 552 5.2.2 mailbox full", "5.2.2"), FULL, "5.2.2"),
    (SES, ses("Permanent", "NoEmail", "smtp; 550 5.7.1 denied", "5.7.1"), BAD, "5.7.1"),
    (SES, ses("Permanent", "Suppressed", "Amazon SES has suppressed sending to this address", "5.1.1"), BAD, "5.1.1"),
    (SES, ses("Permanent", "OnAccountSuppressionList"), BAD, ""),
    (SES, ses("Transient", "MailboxFull", "smtp; 550 5.1.1 no such user"), FULL, "5.1.1"),
    (SES, ses("Transient", "MessageTooLarge"), CONTENT, ""),
    (SES, ses("Transient", "ContentRejected", "smtp; 550 5.7.1 blocked"), CONTENT, "5.7.1"),
    (SES, ses("Transient", "AttachmentRejected"), CONTENT, ""),
    (SES, ses("Transient", "General"), LATER, ""),
    (SES, ses("Transient", "General", "smtp; 421 4.4.7 timed out", "4.4.7"), LATER, "4.4.7"),
    (SES, ses("Transient", "General", "smtp; 452 4.2.2 over quota", "4.2.2"), FULL, "4.2.2"),
    (SES, ses("Undetermined", "Undetermined"), UNKNOWN, ""),
    (SES, ses("Permanent", "Of next year"), BAD, ""),
    (POSTMARK, postmark("HardBounce", "smtp;550 5.1.1 user unknown"), BAD, "5.1.1"),
    (POSTMARK, postmark("HardBounce", "smtp;550 5.7.1 message rejected as spam"), POLICY, "5.7.1"),
    (POSTMARK, postmark("HardBounce"), BAD, ""),
    (POSTMARK, postmark("SoftBounce", "smtp;552 5.2.2 mailbox is full"), FULL, "5.2.2"),
    (POSTMARK, postmark("SoftBounce"), LATER, ""),
    (POSTMARK, postmark("DnsError"), LATER, ""),
    (POSTMARK, postmark("SpamNotification", "smtp;550 5.1.1 unknown"), POLICY, "5.1.1"),
    (POSTMARK, postmark("DMARCPolicy"), POLICY, ""),
    (POSTMARK, postmark("Blocked"), POLICY, ""),
    (POSTMARK, postmark("VirusNotification"), CONTENT, ""),
    (POSTMARK, postmark("BadEmailAddress"), BAD, ""),
    (POSTMARK, postmark("Unknown"), UNKNOWN, ""),
    (POSTMARK, {**samples.POSTMARK_CHANGE, "SuppressionReason": "HardBounce"}, BAD, ""),
    (SENDGRID, sendgrid("bounce", "550 5.1.1 no such user", "Invalid Address", "5.1.1"), BAD, "5.1.1"),
    (SENDGRID, sendgrid("bounce", "552 5.2.2 over quota", "Mailbox Unavailable", "5.2.2"), FULL, "5.2.2"),
    (SENDGRID, sendgrid("bounce", "", "Mailbox Unavailable"), UNKNOWN, ""),
    (SENDGRID, sendgrid("bounce", ""), BAD, ""),
    (SENDGRID, sendgrid("bounce", "strange words", "Unclassified"), UNKNOWN, ""),
    (SENDGRID, sendgrid("blocked", "550 5.1.1 recipient rejected", "Reputation", "5.1.1"), POLICY, "5.1.1"),
    (SENDGRID, sendgrid("blocked", "550 virus found", "Content"), CONTENT, ""),
    (SENDGRID, sendgrid("blocked", "421 too many", "Frequency or Volume Too High", "4.7.0"), POLICY, "4.7.0"),
    (SENDGRID, sendgrid("blocked", "strange words"), POLICY, ""),
    (SENDGRID, sendgrid("blocked", "", "Technical Failure"), LATER, ""),
    (SENDGRID, sendgrid("expired", ""), LATER, ""),
    (SENDGRID, sendgrid("", "Bounced Address", event="dropped"), BAD, ""),
    (SENDGRID, sendgrid("", "Invalid", event="dropped"), BAD, ""),
    (SENDGRID, sendgrid("", "Spam Content (if Spam Checker app is enabled)", event="dropped"), CONTENT, ""),
    (MAILGUN, mailgun("bounce", "5.1.1 user unknown", "5.1.1"), BAD, "5.1.1"),
    (MAILGUN, mailgun("bounce", "550 5.7.1 blocked", "5.7.1"), POLICY, "5.7.1"),
    (MAILGUN, mailgun("suppress-bounce"), BAD, ""),
    (MAILGUN, mailgun("espblock", "5.1.1 unknown", "5.1.1"), POLICY, "5.1.1"),
    (MAILGUN, mailgun("old", "Too old"), LATER, ""),
    (MAILGUN, mailgun("greylisted"), LATER, ""),
    (MAILGUN, mailgun("generic", "strange words"), UNKNOWN, ""),
    (MAILGUN, mailgun("generic", "strange words", soft=True), LATER, ""),
    (MAILGUN, mailgun("generic", "452 4.2.2 mailbox full", "4.2.2", soft=True), FULL, "4.2.2"),
]


@pytest.mark.parametrize(("source", "event", "kind", "enhanced"), KINDS, ids=range(len(KINDS)))
def test_what_is_wrong(source: Source, event: Json, kind: BounceKind, enhanced: str) -> None:
    report = bounced(source, event)
    assert (report.kind, report.enhanced) == (kind, enhanced)


NOTHING = [
    (SES, {**samples.SES_COMPLAINT, "complaint": {"complaintFeedbackType": "not-spam"}}),
    (SES, {**samples.SES_DELIVERED, "notificationType": "DeliveryDelay"}),
    (SES, ses("Transient", "General", action="delayed")),
    (SES, {}),
    (POSTMARK, postmark("Transient", "will be tried again")),
    (POSTMARK, postmark("AutoResponder", "I am away")),
    (POSTMARK, postmark("ChallengeVerification")),
    (POSTMARK, postmark("SMTPApiError")),
    (POSTMARK, postmark("", record="Open")),
    (POSTMARK, {**samples.POSTMARK_CHANGE, "SuppressSending": False, "SuppressionReason": None}),
    (POSTMARK, {**samples.POSTMARK_CHANGE, "Origin": "Admin"}),
    (SENDGRID, sendgrid("", "421 later", event="deferred")),
    (SENDGRID, sendgrid("", "Recipient List over Package Quota", event="dropped")),
    (SENDGRID, sendgrid("", "", event="open")),
    (SENDGRID, sendgrid("", "", event="group_resubscribe")),
    (MAILGUN, mailgun("generic", "421 later", severity="temporary")),
    (MAILGUN, {**samples.MAILGUN_MAIL, "event": "opened"}),
]


@pytest.mark.parametrize(("source", "event"), NOTHING, ids=range(len(NOTHING)))
def test_what_is_no_bad_news(source: Source, event: Json) -> None:
    assert isinstance(found(source, event), Ignored)


BEFORE = [
    (SENDGRID, sendgrid("", "Spam Reporting Address", event="dropped"), Complaint),
    (SENDGRID, sendgrid("", "Unsubscribed Address", event="dropped"), Leave),
    (MAILGUN, mailgun("suppress-complaint"), Complaint),
    (MAILGUN, mailgun("suppress-unsubscribe"), Leave),
    (POSTMARK, {**samples.POSTMARK_CHANGE, "SuppressionReason": "SpamComplaint"}, Complaint),
    (POSTMARK, postmark("SpamComplaint"), Complaint),
]


@pytest.mark.parametrize(("source", "event", "kind"), BEFORE, ids=range(len(BEFORE)))
def test_who_complained_or_left_before_is_not_kept_on_the_list(source: Source, event: Json, kind: type) -> None:
    assert isinstance(found(source, event), kind)


@pytest.mark.parametrize("source", BOUNCES)
def test_no_address_and_no_control_character_is_in_the_text(source: Source) -> None:
    words = "550 5.1.1 <anna@mail.example>: anna is not in mail.example\x00\udc80 anna@mail.example"
    event = json.loads(json.dumps(BOUNCES[source]))
    if source is SES:
        event["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = f"smtp; {words}"
    elif source is MAILGUN:
        event["delivery-status"]["message"] = words
    else:
        event["Details" if source is POSTMARK else "reason"] = words
    text = bounced(source, event).text
    assert text.startswith("550 5.1.1 <…>: <…> is not in <…>")
    assert text.isprintable()
    longer = json.loads(json.dumps(event).replace("is not", "is not " + "x" * 5000))
    assert len(bounced(source, longer).text) == 300


ODD = ["a", "@a", "a@", "<", "0", "mailbox ", f"leave+{LEAVE} ", f"bounce+{LEAVE} ", "ab" * 16 + "@"]


@pytest.mark.parametrize("source", BOUNCES)
@pytest.mark.parametrize("odd", ODD)
def test_a_megabyte_of_anything_anywhere_takes_no_time(source: Source, odd: str) -> None:
    long = odd * (900_000 // len(odd))
    keys = ["Details", "Content", "Email", "From", "diagnosticCode", "emailAddress", "source", "status", "value"]
    keys += ["reason", "email", "smtp-id", "message", "recipient", "message-id", "from", "enhanced-code"]
    for key in keys:
        event = re.sub(rf'"{key}": "(?:[^"\\]|\\.)*"', f'"{key}": "LONG"', json.dumps(BOUNCES[source]), count=1)
        content = event.replace("LONG", long).encode()
        began = monotonic()
        read(Mail(source, "", "", content), PUBLICATION, KEYRING)
        assert monotonic() - began < 2, key
