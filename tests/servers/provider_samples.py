"""Events as the providers' public documentation shows them, about a mail of ours to anna@mail.example.

`MESSAGE_ID` and `LEAVE` stand where the original's Message-ID and leave token do; `with_ours` fills them in.
"""

import json
from typing import Any

Json = dict[str, Any]
ADDRESS = "anna@mail.example"
SENDER = "digest@week.example.org"
HEADERS = [
    {"name": "From", "value": f'"The Week" <{SENDER}>'},
    {"name": "To", "value": ADDRESS},
    {"name": "Message-ID", "value": "<MESSAGE_ID@week.example.org>"},
    {
        "name": "List-Unsubscribe",
        "value": "<https://week.example.org/be/leave/LEAVE>, <mailto:leave+LEAVE@week.example.org>",
    },
]
QUOTED = (
    f"This is the mail system at host mx.mail.example.\r\n\r\n<{ADDRESS}>: 550 5.1.1 user unknown\r\n\r\n"
    "Message-ID: <MESSAGE_ID@week.example.org>\r\n"
    "List-Unsubscribe: <https://week.example.org/be/leave/LEAVE>,\r\n <mailto:leave+LEAVE@week.example.org>\r\n"
)


def with_ours(event: Json, *, message_id: str = "", leave: str = "") -> Json:
    """Return an event about the mail of that Message-ID and leave token."""
    filled = json.dumps(event).replace("MESSAGE_ID", message_id).replace("LEAVE", leave)
    found: Json = json.loads(filled)
    return found


SES_MAIL: Json = {
    "timestamp": "2026-11-02T06:59:38.237Z",
    "source": SENDER,
    "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/week.example.org",
    "sourceIp": "203.0.113.7",
    "callerIdentity": "newsletter",
    "sendingAccountId": "123456789012",
    "messageId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000",
    "destination": [ADDRESS],
    "headersTruncated": False,
    "headers": HEADERS,
    "commonHeaders": {
        "from": [f"The Week <{SENDER}>"],
        "date": "Mon, 02 Nov 2026 06:59:38 +0000",
        "to": [ADDRESS],
        "messageId": "<MESSAGE_ID@week.example.org>",
        "subject": "The week",
    },
}
SES_BOUNCE: Json = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": ADDRESS,
                "status": "5.1.1",
                "action": "failed",
                "diagnosticCode": f"smtp; 550 5.1.1 <{ADDRESS}>... User unknown",
            }
        ],
        "timestamp": "2026-11-02T06:59:39.237Z",
        "feedbackId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
        "remoteMtaIp": "203.0.113.25",
        "reportingMTA": "dsn; a7-11.smtp-out.eu-west-1.amazonses.com",
    },
    "mail": SES_MAIL,
}
SES_COMPLAINT: Json = {
    "eventType": "Complaint",
    "complaint": {
        "complainedRecipients": [{"emailAddress": ADDRESS}],
        "timestamp": "2026-11-02T07:30:00.000Z",
        "feedbackId": "000001378603177f-18c07c78-fa81-4a58-9dd1-fedc3cb8f49a-000000",
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": "2026-11-02T07:29:58.000Z",
    },
    "mail": SES_MAIL,
}
SES_DELIVERED: Json = {
    "notificationType": "Delivery",
    "mail": SES_MAIL,
    "delivery": {"recipients": [ADDRESS], "smtpResponse": "250 ok:  Message 64111812 accepted"},
}


POSTMARK_BOUNCE: Json = {
    "RecordType": "Bounce",
    "MessageStream": "broadcast",
    "ID": 4323372036854775807,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Tag": "",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Metadata": {},
    "ServerID": 23,
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": f"smtp;550 5.1.1 <{ADDRESS}>: Recipient address rejected: User unknown",
    "Email": ADDRESS,
    "From": SENDER,
    "BouncedAt": "2026-11-02T06:59:39.9070259Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "The week",
    "Content": QUOTED,
}
POSTMARK_COMPLAINT: Json = {
    **POSTMARK_BOUNCE,
    "RecordType": "SpamComplaint",
    "Type": "SpamComplaint",
    "TypeCode": 512,
    "Name": "Spam complaint",
    "Description": "The subscriber explicitly marked this message as spam.",
    "Details": "",
    "CanActivate": False,
}
POSTMARK_DELIVERED: Json = {
    "RecordType": "Delivery",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Recipient": ADDRESS,
    "DeliveredAt": "2026-11-02T06:59:39Z",
    "Details": "250 2.0.0 OK",
    "Metadata": {},
}
POSTMARK_CHANGE: Json = {
    "RecordType": "SubscriptionChange",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "ServerID": 23,
    "MessageStream": "broadcast",
    "ChangedAt": "2026-11-02T06:59:39Z",
    "Recipient": ADDRESS,
    "Origin": "Recipient",
    "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
    "Tag": "",
    "Metadata": {"message": "<MESSAGE_ID@week.example.org>"},
}


SENDGRID_BOUNCE: Json = {
    "email": ADDRESS,
    "timestamp": 1793602779,
    "smtp-id": "<MESSAGE_ID@week.example.org>",
    "bounce_classification": "Invalid Address",
    "event": "bounce",
    "category": [],
    "sg_event_id": "Ym91bmNlLTAtMTIzNDU2LTEyMzQ1Ng",
    "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    "reason": f"550 5.1.1 The email account that you tried to reach does not exist: {ADDRESS}",
    "status": "5.1.1",
    "type": "bounce",
    "tls": 1,
}
SENDGRID_COMPLAINT: Json = {
    "email": ADDRESS,
    "timestamp": 1793602779,
    "smtp-id": "<MESSAGE_ID@week.example.org>",
    "event": "spamreport",
    "sg_event_id": "c3BhbXJlcG9ydA",
    "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
}
SENDGRID_DELIVERED: Json = {**SENDGRID_COMPLAINT, "event": "delivered", "response": "250 OK"}


MAILGUN_MAIL: Json = {
    "id": "DACSsAdVSeGpLid7TN03WA",
    "timestamp": 1793602779.329574,
    "log-level": "error",
    "recipient": ADDRESS,
    "recipient-domain": "mail.example",
    "message": {
        "headers": {
            "to": ADDRESS,
            "message-id": "MESSAGE_ID@week.example.org",
            "from": f"The Week <{SENDER}>",
            "subject": "The week",
        },
        "attachments": [],
        "size": 48111,
    },
    "envelope": {"sender": "bounce+x@week.example.org", "transport": "smtp", "targets": ADDRESS},
    "flags": {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False},
    "user-variables": {},
    "tags": [],
    "campaigns": [],
}
MAILGUN_BOUNCE: Json = {
    **MAILGUN_MAIL,
    "event": "failed",
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {
        "attempt-no": 1,
        "bounce-type": "hard",
        "code": 550,
        "description": "",
        "enhanced-code": "5.1.1",
        "message": f"5.1.1 <{ADDRESS}>: user unknown",
        "mx-host": "mx.mail.example",
        "session-seconds": 0.43,
    },
}
MAILGUN_COMPLAINT: Json = {**MAILGUN_MAIL, "event": "complained"}
MAILGUN_DELIVERED: Json = {**MAILGUN_MAIL, "event": "delivered"}
