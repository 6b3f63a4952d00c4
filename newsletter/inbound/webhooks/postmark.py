"""Postmark: bounces, complaints and changes of suppression.  It signs nothing: who knows the password is believed.

Its `MessageID` is its own, so a reader is found by what the report quotes (`Content`, `Metadata`), else by the address.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from newsletter.badnews import BounceKind
from newsletter.inbound.mail import Source
from newsletter.inbound.webhooks.contract import (
    Event,
    NotBelieved,
    Posted,
    Report,
    Told,
    Unreadable,
    What,
    is_fresh,
    nothing,
    part,
    read_json,
    words,
)
from newsletter.inbound.webhooks.signatures import same

CERTAIN = {
    "BadEmailAddress": BounceKind.BAD_ADDRESS,
    "SpamNotification": BounceKind.POLICY,
    "DMARCPolicy": BounceKind.POLICY,
    "VirusNotification": BounceKind.CONTENT,
}
OTHERWISE = {
    "HardBounce": BounceKind.BAD_ADDRESS,  # "unknown user, mailbox not found"
    "SoftBounce": BounceKind.LATER,
    "DnsError": BounceKind.LATER,
    "Blocked": BounceKind.POLICY,
    "Unknown": BounceKind.UNKNOWN,
}
COMPLAINT = "SpamComplaint"
LEFT = ("Unsubscribe", "ManualSuppression")
TIMES = ("BouncedAt", "ChangedAt")
SHORTEST = 12
"""Characters of a password that guards who is taken off the list."""


class Postmark:
    """Postmark's part; the secret is `user:password`."""

    source = Source.POSTMARK
    content_types = ("application/json",)

    def check(self, secret: str) -> str:
        """See `Provider`."""
        user, _, password = secret.partition(":")
        fit = user and len(password) >= SHORTEST and secret.isprintable() and " " not in secret
        return "" if fit else f"user:password, the password of {SHORTEST} characters or more"

    def events(self, posted: Posted, secret: str) -> Sequence[Report]:
        """See `Provider`; of an old one only the report itself says so."""
        if not same(_credentials(posted.headers.get("authorization", "")), secret):
            raise NotBelieved("not the user and password that are set")
        event = part({"event": read_json(posted.body)}, "event")
        if not event:
            raise Unreadable("no report of Postmark's")
        at = next((words(event, name) for name in TIMES if words(event, name)), "")
        if at and not is_fresh(_instant(at), posted.now):
            raise NotBelieved("too old")
        # A bounce has a number.  A change has none: there is one at a time.
        name = words(event, "ID") or " ".join([words(event, "MessageID"), words(event, "Recipient"), at])
        return [Report(self.source, f"{words(event, 'RecordType')} {name}", event)]

    def told(self, event: Event) -> Told:
        """See `Provider`."""
        record = words(event, "RecordType")
        kind, by_whom = words(event, "Type"), "Recipient"
        if record == "SubscriptionChange":
            if event.get("SuppressSending") is not True:
                return nothing("mail may be sent again")
            kind, by_whom = words(event, "SuppressionReason"), words(event, "Origin")
        elif record not in ("Bounce", COMPLAINT):
            return nothing("no bounce and no complaint")
        address = words(event, "Email") or words(event, "Recipient")
        senders = (words(event, "From"),)
        if COMPLAINT in (kind, record):
            return Told(What.COMPLAINED, address=address, senders=senders)
        if kind in LEFT:
            left = Told(What.LEFT, address=address, senders=senders)
            return left if by_whom == "Recipient" else nothing("the operator has stopped it there")
        if kind not in CERTAIN and kind not in OTHERWISE:
            return nothing("no bounce for good")  # tried again, an automatic reply, a fault between us and Postmark
        return Told(
            What.BOUNCED,
            address=address,
            senders=senders,
            kind=CERTAIN.get(kind),
            otherwise=OTHERWISE.get(kind, BounceKind.UNKNOWN),
            text=words(event, "Details") or words(event, "Description"),
        )


def _credentials(header: str) -> str:
    # RFC 7617; UTF-8, as we have it in the setting.
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("a time that is none") from None
    if at.tzinfo is None:
        raise Unreadable("a time without a zone")
    return at
