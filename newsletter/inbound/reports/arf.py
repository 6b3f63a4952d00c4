"""Feedback reports, RFC 5965: a provider passes on that a reader called a mail spam."""

from newsletter.inbound.messages.message import Message

COMPLAINTS = ("abuse", "fraud", "complaint", "miscategorized", "opt-out", "opt-out-list", "other")
"""Types by which a reader wants no more of it (section 7.3, RFC 6430 and what providers write)."""


def feedback_of(message: Message) -> dict[str, str] | None:
    """Return the fields of a feedback report, by name in lower case; None if the message is none.

    Like them, a message that only encloses one with the mark of the oldest of the programmes (JMRP) is a report.
    """
    for part in message.walk():
        if part.kind == "message/feedback-report":
            fields = part.parts[0].headers if part.parts else part.headers
            return {name: values[0] for name, values in fields.items()}
    for part in message.walk():
        if part.kind == "message/rfc822" and part.parts and "x-hmxmroriginalrecipient" in part.parts[0].headers:
            return {
                "feedback-type": "abuse",
                "original-rcpt-to": part.parts[0].header("x-hmxmroriginalrecipient"),
            }
    return None


def is_complaint(fields: dict[str, str]) -> bool:
    """Say whether a reader complains; a report may also say that a mail is no spam, or failed a check."""
    kind = fields.get("feedback-type", "").partition(";")[0].strip().lower()
    return kind in COMPLAINTS
