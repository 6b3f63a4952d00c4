"""Amazon SES: bounces and complaints, published to an SNS topic that posts them here.

Both forms are read: notifications of an identity (`notificationType`) and those of a configuration set (`eventType`).
"""

import logging
import re
from collections.abc import Sequence

from newsletter.badnews import BounceKind
from newsletter.inbound.mail import Source
from newsletter.inbound.webhooks.contract import (
    Event,
    Posted,
    Report,
    Told,
    What,
    first,
    nothing,
    part,
    read_json,
    words,
)
from newsletter.inbound.webhooks.fetching import Fetching
from newsletter.inbound.webhooks.sns import CONFIRMATION, GOODBYE, NOTIFICATION, Envelopes, host_of

log = logging.getLogger(__name__)

CERTAIN = {
    ("Permanent", "NoEmail"): BounceKind.BAD_ADDRESS,
    ("Permanent", "Suppressed"): BounceKind.BAD_ADDRESS,  # it came back for good not long ago, whoever wrote to it
    ("Permanent", "OnAccountSuppressionList"): BounceKind.BAD_ADDRESS,  # nothing is sent there any more
    ("Transient", "MailboxFull"): BounceKind.MAILBOX_FULL,
    ("Transient", "MessageTooLarge"): BounceKind.CONTENT,
    ("Transient", "ContentRejected"): BounceKind.CONTENT,
    ("Transient", "AttachmentRejected"): BounceKind.CONTENT,
    ("Transient", "CustomTimeoutExceeded"): BounceKind.LATER,
}
OTHERWISE = {"Permanent": BounceKind.BAD_ADDRESS, "Transient": BounceKind.LATER}
NO_COMPLAINTS = ("not-spam", "auth-failure")
"""Types of feedback (RFC 5965) by which nobody complains."""


class Ses:
    """Amazon SES's part; the secret is the topic, or several with blanks between."""

    source = Source.SES
    content_types = ("text/plain", "application/json")  # SNS says the first unless it is told otherwise

    def __init__(self, fetching: Fetching | None = None) -> None:
        self._envelopes = Envelopes(fetching or Fetching())

    def check(self, secret: str) -> str:
        """See `Provider`."""
        return "" if secret.split() and all(map(host_of, secret.split())) else "arn:aws:sns:REGION:ACCOUNT:NAME"

    def events(self, posted: Posted, secret: str) -> Sequence[Report]:
        """See `Provider`; a subscription that is to be confirmed is, and brings nothing."""
        fields = self._envelopes.open(read_json(posted.body), secret, posted.now)
        if fields["Type"] == CONFIRMATION:
            self._envelopes.confirm(fields)
        if fields["Type"] == GOODBYE:
            log.warning("the subscription of /webhooks/ses to its topic has ended: Amazon reports nothing more")
        message = words(fields, "Message")
        if fields["Type"] != NOTIFICATION or not message.startswith("{"):  # SES says a word when it is set up
            return []
        event = part({"event": read_json(message.encode("utf-8", "surrogatepass"))}, "event")
        what = _what(event)
        known_as = words(event, what.lower(), "feedbackId") or words(fields, "MessageId")
        return [Report(self.source, f"{what} {known_as}", event)]

    def told(self, event: Event) -> Told:
        """See `Provider`."""
        senders = (words(event, "mail", "source"), *_listed(part(event, "mail", "commonHeaders").get("from")))
        if _what(event) == "Complaint":
            return _complaint(event, senders)
        if _what(event) != "Bounce":
            return nothing("no bounce and no complaint")
        bounce, whose = part(event, "bounce"), first(event, "bounce", "bouncedRecipients")
        if words(whose, "action") in ("delayed", "delivered", "relayed", "expanded"):
            return nothing("delay")
        kinds = words(bounce, "bounceType"), words(bounce, "bounceSubType")
        return Told(
            What.BOUNCED,
            address=words(whose, "emailAddress"),
            senders=senders,
            kind=CERTAIN.get(kinds),
            otherwise=OTHERWISE.get(kinds[0], BounceKind.UNKNOWN),
            enhanced=words(whose, "status"),
            text=re.sub(r"^smtp;\s*", "", words(whose, "diagnosticCode")),
        )


def _complaint(event: Event, senders: Sequence[str]) -> Told:
    if words(event, "complaint", "complaintFeedbackType") in NO_COMPLAINTS:
        return nothing("feedback that is no complaint")
    address = words(first(event, "complaint", "complainedRecipients"), "emailAddress")
    return Told(What.COMPLAINED, address=address, senders=senders)


def _what(event: Event) -> str:
    return words(event, "eventType") or words(event, "notificationType")


def _listed(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
