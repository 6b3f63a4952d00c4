"""Mailgun: an event at a time, with a signature over its time and a token (HMAC-SHA256).

The signature does not cover the event: whoever has seen a request could sign another event with it.  So the token, not
the event's id, makes two the same: a signature is good for one event only.
"""

from collections.abc import Sequence

from newsletter.badnews import BounceKind
from newsletter.inbound.mail import Source
from newsletter.inbound.webhooks.contract import (
    Event,
    NotBelieved,
    Posted,
    Report,
    Told,
    What,
    instant,
    is_fresh,
    nothing,
    part,
    read_json,
    words,
)
from newsletter.inbound.webhooks.signatures import mac, same

CERTAIN = {
    "suppress-bounce": BounceKind.BAD_ADDRESS,  # nothing is sent there any more
    "espblock": BounceKind.POLICY,
    "old": BounceKind.LATER,
    "greylisted": BounceKind.LATER,
}
COMPLAINED_BEFORE, LEFT_BEFORE = "suppress-complaint", "suppress-unsubscribe"
SOFT = "soft"
SHORTEST = 16
"""Characters of a key; Mailgun's have twice as many."""


class Mailgun:
    """Mailgun's part; the secret is the HTTP webhook signing key."""

    source = Source.MAILGUN
    content_types = ("application/json",)

    def check(self, secret: str) -> str:
        """See `Provider`."""
        fit = len(secret) >= SHORTEST and secret.isascii() and secret.isprintable() and " " not in secret
        return "" if fit else "the HTTP webhook signing key"

    def events(self, posted: Posted, secret: str) -> Sequence[Report]:
        """See `Provider`."""
        body = read_json(posted.body)
        stamp, token = words(body, "signature", "timestamp"), words(body, "signature", "token")
        if not token or not same(words(body, "signature", "signature"), mac(secret, stamp + token)):
            raise NotBelieved("the signature is not Mailgun's")
        # Nothing parts the two in what is signed: who moved a digit over would get another token, and a time far off.
        at = instant(stamp)
        if at is None or not is_fresh(at, posted.now):
            raise NotBelieved("too old")
        event = part(body, "event-data")
        return [Report(self.source, token, event)] if event else []

    def told(self, event: Event) -> Told:
        """See `Provider`."""
        name, reason, address = words(event, "event"), words(event, "reason"), words(event, "recipient")
        senders = (words(event, "message", "headers", "from"), words(event, "envelope", "sender"))
        if name == "complained" or (name == "failed" and reason == COMPLAINED_BEFORE):
            return Told(What.COMPLAINED, address=address, senders=senders)
        if name == "unsubscribed" or (name == "failed" and reason == LEFT_BEFORE):
            return Told(What.LEFT, address=address, senders=senders)
        if name != "failed":
            return nothing("no bounce and no complaint")
        if words(event, "severity") != "permanent":
            return nothing("delay")  # Mailgun goes on trying
        status = part(event, "delivery-status")
        is_soft = words(status, "bounce-type") == SOFT
        return Told(
            What.BOUNCED,
            address=address,
            senders=senders,
            kind=CERTAIN.get(reason),
            otherwise=BounceKind.LATER if is_soft else BounceKind.UNKNOWN,
            enhanced=words(status, "enhanced-code"),
            text=words(status, "message") or words(status, "description"),
        )
