"""The envelope in which Amazon SNS delivers to an HTTPS endpoint, and its signature, versions 1 and 2.

Which host is asked for certificates, and to confirm a subscription, follows from the topic that the operator has set;
what a request says of it only has to agree.
"""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from urllib.parse import parse_qs

from newsletter.inbound.webhooks.contract import NotBelieved, ProviderAway, Unreadable, is_fresh, words
from newsletter.inbound.webhooks.fetching import Fetching
from newsletter.inbound.webhooks.signatures import is_certificate, rsa_signed, same

log = logging.getLogger(__name__)

TOPIC = re.compile(r"arn:(aws(?:-[a-z-]+)?):sns:([a-z]{2}(?:-[a-z]+)+-\d{1,2}):\d{12}:[\w-]{1,256}", re.ASCII)
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
NOTIFICATION, CONFIRMATION, GOODBYE = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    GOODBYE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""What is signed of each type, in this order; a Subject only where there is one."""

KEPT = 8
"""Certificates that are remembered: Amazon has one a region and changes it once in a year or so."""

WAIT = 2.0
"""Seconds that a request waits for another one's certificate; after that it is to come again."""


def host_of(topic: str) -> str | None:
    """Return the host that speaks for a topic's region; None if it is no topic.

    >>> host_of("arn:aws:sns:eu-west-1:123456789012:newsletter")
    'sns.eu-west-1.amazonaws.com'
    """
    found = TOPIC.fullmatch(topic)
    return found and f"sns.{found[2]}.amazonaws.com{'.cn' * (found[1] == 'aws-cn')}"


class Envelopes:
    """Opens envelopes; keeps the certificates that it has fetched."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching
        self._certificates: dict[tuple[str, str], bytes] = {}
        self._turn = Lock()

    def open(self, envelope: object, topics: str, now: datetime) -> Mapping[str, str]:
        """Return the signed fields of an envelope that one of `topics` has sent.

        Raises
        NotBelieved: it was not Amazon, not one of the topics, or long ago.
        ProviderAway: the certificate cannot be fetched.
        """
        topic = next((one for one in topics.split() if same(words(envelope, "TopicArn"), one)), "")
        host = host_of(topic)
        if not isinstance(envelope, Mapping) or host is None:
            raise NotBelieved("not from a topic that is set")
        signed = SIGNED.get(words(envelope, "Type"), ())
        fields = {name: words(envelope, name) for name in signed if envelope.get(name) is not None}
        version, url = words(envelope, "SignatureVersion"), words(envelope, "SigningCertURL")
        target = url.removeprefix(f"https://{host}")
        if not fields or version not in ("1", "2") or url == target or not CERTIFICATE.fullmatch(target):
            raise NotBelieved("not signed as Amazon SNS signs")
        pem = self._certificate(host, target)
        message = "".join(f"{name}\n{value}\n" for name, value in fields.items()).encode("utf-8", "surrogatepass")
        if not rsa_signed(pem, words(envelope, "Signature"), message, sha1=version == "1", now=now):
            raise NotBelieved("the signature is not Amazon's")
        if not is_fresh(_instant(words(fields, "Timestamp")), now):
            raise NotBelieved("too old")
        return fields

    def confirm(self, fields: Mapping[str, str]) -> None:
        """Tell Amazon that the subscription was wished for: a topic that the operator has set asks for it.

        Raises
        Unreadable: it leads somewhere else.
        ProviderAway: Amazon does not answer.
        """
        host, url = host_of(fields["TopicArn"]), words(fields, "SubscribeURL")
        target = url.removeprefix(f"https://{host}")
        asked = parse_qs(target.partition("?")[2])
        is_it = asked.get("Action") == ["ConfirmSubscription"] and asked.get("TopicArn") == [fields["TopicArn"]]
        if host is None or url == target or not is_it or not re.fullmatch(r"/\?[!-~]+", target):
            raise Unreadable("the confirmation leads somewhere else")
        self._fetching.get(host, target)
        log.info("the subscription of /webhooks/ses to its topic is confirmed")

    def _certificate(self, host: str, target: str) -> bytes:
        found = self._certificates.get((host, target))
        if found is not None:
            return found
        # One at a time: requests that name certificates there are none of must not keep all threads busy.
        if not self._turn.acquire(timeout=WAIT):
            raise ProviderAway(f"certificates of {host} are being fetched")
        try:
            if (host, target) not in self._certificates:
                pem = self._fetching.get(host, target)
                if not is_certificate(pem):
                    raise NotBelieved("not signed with a certificate")
                while len(self._certificates) >= KEPT:
                    self._certificates.pop(next(iter(self._certificates)))
                self._certificates[host, target] = pem
            return self._certificates[host, target]
        finally:
            self._turn.release()


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise NotBelieved("without a time")
    return at
