"""SendGrid: its event webhook, signed (ECDSA): a list of events at a time."""

from collections.abc import Mapping, Sequence

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
    fingerprint,
    instant,
    is_fresh,
    nothing,
    read_json,
    words,
)
from newsletter.inbound.webhooks.signatures import ecdsa_signed, is_point

SIGNATURE, TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
LEFT = ("unsubscribe", "group_unsubscribe")
NOT_THE_READERS = {
    "Content": BounceKind.CONTENT,
    "Reputation": BounceKind.POLICY,
    "Frequency or Volume Too High": BounceKind.POLICY,
    "Frequency/Volume": BounceKind.POLICY,
}
"""What its `bounce_classification` clears a reader of, whatever else a server's words sound like."""

PERHAPS = {
    "Invalid Address": BounceKind.BAD_ADDRESS,
    "Mailbox Unavailable": BounceKind.UNKNOWN,  # full, disabled or away: the text has to say which
    "Technical Failure": BounceKind.LATER,
    "Technical": BounceKind.LATER,
    "Unclassified": BounceKind.UNKNOWN,
}

OTHERWISE = {"bounce": BounceKind.BAD_ADDRESS, "blocked": BounceKind.POLICY, "expired": BounceKind.LATER}
DROPPED = {
    "Bounced Address": BounceKind.BAD_ADDRESS,
    "Invalid": BounceKind.BAD_ADDRESS,
    "Spam Content (if Spam Checker app is enabled)": BounceKind.CONTENT,
    "Spam Content": BounceKind.CONTENT,
}
COMPLAINED_BEFORE, LEFT_BEFORE = "Spam Reporting Address", "Unsubscribed Address"


class SendGrid:
    """SendGrid's part; the secret is the verification key that it shows, the public half."""

    source = Source.SENDGRID
    content_types = ("application/json",)

    def check(self, secret: str) -> str:
        """See `Provider`."""
        return "" if is_point(secret) else "the verification key, in base64 and on one line: MFkwEwYHKoZIzj0CAQYI…"

    def events(self, posted: Posted, secret: str) -> Sequence[Report]:
        """See `Provider`."""
        stamp = posted.headers.get(TIMESTAMP, "")
        signed = stamp.encode("latin-1", "replace") + posted.body
        if not ecdsa_signed(secret, posted.headers.get(SIGNATURE, ""), signed):
            raise NotBelieved("the signature is not SendGrid's")
        at = instant(stamp)
        if at is None or not is_fresh(at, posted.now):
            raise NotBelieved("too old")
        events = read_json(posted.body)
        if not isinstance(events, list):
            raise Unreadable("no list of SendGrid's events")
        return [
            Report(self.source, words(one, "sg_event_id") or fingerprint(one), one)
            for one in events
            if isinstance(one, Mapping)
        ]

    def told(self, event: Event) -> Told:
        """See `Provider`."""
        name, reason, address = words(event, "event"), words(event, "reason"), words(event, "email")
        if name == "spamreport" or (name == "dropped" and reason == COMPLAINED_BEFORE):
            return Told(What.COMPLAINED, address=address)
        if name in LEFT or (name == "dropped" and reason == LEFT_BEFORE):
            return Told(What.LEFT, address=address)
        if name == "dropped":
            kind = DROPPED.get(reason)
            # What else it drops is between the operator and SendGrid: a quota, a header of theirs.
            return Told(What.BOUNCED, address=address, kind=kind, text=reason) if kind else nothing("dropped: of ours")
        if name != "bounce":
            return nothing("no bounce and no complaint")
        classed = words(event, "bounce_classification")
        return Told(
            What.BOUNCED,
            address=address,
            kind=NOT_THE_READERS.get(classed),
            otherwise=PERHAPS.get(classed) or OTHERWISE.get(words(event, "type"), BounceKind.UNKNOWN),
            enhanced=words(event, "status"),
            text=reason,
        )
