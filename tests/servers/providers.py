"""The providers, as far as their reports go: each signs and posts events as its public documentation says."""

import base64
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.inbound.mail import Source
from newsletter.inbound.webhooks import PROVIDERS, Posted, Provider
from newsletter.inbound.webhooks.ses import Ses
from tests.servers import provider_samples as samples
from tests.servers.amazon import HOST, TARGET, Amazon, Signer

TOPIC = "arn:aws:sns:eu-west-1:123456789012:newsletter"
Json = dict[str, Any]


class Posting(ABC):
    """A provider that posts: `secret` is what we are told of it, `provider` our part."""

    secret: str
    source: Source
    content_type = "application/json"
    bounce: Json
    complaint: Json
    delivered: Json

    @property
    def provider(self) -> Provider:
        """Our part."""
        return PROVIDERS[self.source]

    @abstractmethod
    def post(self, event: Json, at: datetime, *, id: str = "1") -> tuple[dict[str, str], bytes]:
        """Return headers and body of a request that brings one event, under an id."""

    @abstractmethod
    def forge(self, headers: Mapping[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
        """Return the request as others would send it who lack the secret, each in another way."""

    def posted(self, event: Json, at: datetime, *, now: datetime | None = None, id: str = "1") -> Posted:
        """Return the request as our part is given it."""
        headers, body = self.post(event, at, id=id)
        return Posted({name.lower(): value for name, value in headers.items()}, body, now or at)


class AmazonPosts(Posting):
    """Amazon SNS with what SES has published."""

    source, secret, content_type = Source.SES, TOPIC, "text/plain; charset=UTF-8"
    bounce, complaint, delivered = samples.SES_BOUNCE, samples.SES_COMPLAINT, samples.SES_DELIVERED

    def __init__(self, amazon: Amazon) -> None:
        self.amazon = amazon
        self.part = Ses(amazon.fetching())

    @property
    def provider(self) -> Provider:
        """Our part, which asks the server that stands for Amazon."""
        return self.part

    def post(self, event: Json, at: datetime, *, id: str = "1") -> tuple[dict[str, str], bytes]:
        """See `Posting`; a bounce has an id of its own."""
        for name in ("bounce", "complaint"):
            if name in event:
                event = {**event, name: {**event[name], "feedbackId": f"0102-{id}-000000"}}
        return self.envelope(at, MessageId=f"m-{id}", Message=json.dumps(event))

    def envelope(
        self, at: datetime, *, version: str = "1", signer: Signer | None = None, **given: str
    ) -> tuple[dict[str, str], bytes]:
        """Return an envelope with its signature over what is given, and what is always there."""
        fields = {
            "Type": "Notification",
            "TopicArn": TOPIC,
            "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.123Z",
            **given,
        }
        names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        canonical = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
        signature = (signer or self.amazon.signer).sign(canonical.encode(), version)
        envelope = {
            **fields,
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"https://{HOST}{TARGET}",
        }
        headers = {"Content-Type": self.content_type, "x-amz-sns-message-type": fields["Type"]}
        return headers, json.dumps(envelope, indent=2).encode()

    def confirmation(self, at: datetime, url: str, *, version: str = "1") -> tuple[dict[str, str], bytes]:
        """Return what SNS posts when somebody has subscribed the endpoint to the topic."""
        words = "You have chosen to subscribe to the topic."
        given = {"MessageId": "m", "Message": words, "SubscribeURL": url, "Token": "2336412f37fb"}
        return self.envelope(at, version=version, Type="SubscriptionConfirmation", **given)

    def forge(self, headers: Mapping[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
        """See `Posting`."""
        good = json.loads(body)
        changes: list[Json] = [
            {"Message": good["Message"].replace("anna", "piotr")},
            {"Subject": "inserted"},
            {"Signature": base64.b64encode(bytes(256)).decode()},
            {"Signature": "no base64"},
            {"SignatureVersion": "2"},
            {"SignatureVersion": "3"},
            {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:newsletter"},
            {"SigningCertURL": f"https://evil.example{TARGET}"},
            {"SigningCertURL": f"https://{HOST}.evil.example{TARGET}"},
            {"SigningCertURL": f"https://{HOST}@evil.example{TARGET}"},
            {"SigningCertURL": f"http://{HOST}{TARGET}"},
            {"SigningCertURL": TARGET},
            {"SigningCertURL": f"https://{HOST}/../{TARGET}"},
            {"SigningCertURL": f"https://{HOST}/anybodys-bucket/a.pem"},
            {"Signature": None},
            {"Type": "Else"},
            {"TopicArn": [TOPIC]},
        ]
        raw = (dict(headers), good["Message"].encode())  # "raw message delivery" is not signed
        return [raw, *((dict(headers), json.dumps({**good, **change}).encode()) for change in changes)]


class PostmarkPosts(Posting):
    """Postmark."""

    source, secret = Source.POSTMARK, "postmark:correct horse".replace(" ", "-")
    bounce, complaint, delivered = samples.POSTMARK_BOUNCE, samples.POSTMARK_COMPLAINT, samples.POSTMARK_DELIVERED

    def post(self, event: Json, at: datetime, *, id: str = "1") -> tuple[dict[str, str], bytes]:
        """See `Posting`."""
        times = {name: f"{at:%Y-%m-%dT%H:%M:%S}.9070259Z" for name in ("BouncedAt", "ChangedAt") if name in event}
        event = {**event, **times, **({"ID": 4323372036854770000 + int(id)} if "ID" in event else {})}
        headers = {"Content-Type": self.content_type, "Authorization": basic(self.secret)}
        return headers, json.dumps(event).encode()

    def forge(self, headers: Mapping[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
        """See `Posting`."""
        wrong = [basic("postmark:"), basic(self.secret + "x"), basic(self.secret[:-1]), "Basic !", "Bearer x", ""]
        return [({**headers, "Authorization": value}, body) for value in wrong]


def basic(credentials: str) -> str:
    """Return the header of RFC 7617."""
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


class SendGridPosts(Posting):
    """SendGrid."""

    source = Source.SENDGRID
    bounce, complaint, delivered = samples.SENDGRID_BOUNCE, samples.SENDGRID_COMPLAINT, samples.SENDGRID_DELIVERED

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.secret = base64.b64encode(public).decode()

    def post(self, event: Json, at: datetime, *, id: str = "1") -> tuple[dict[str, str], bytes]:
        """See `Posting`."""
        return self.sign(json.dumps([{**event, "sg_event_id": f"event-{id}"}]).encode(), at)

    def sign(self, body: bytes, at: datetime) -> tuple[dict[str, str], bytes]:
        """Return a body with the headers that go with it."""
        stamp = str(int(at.timestamp()))
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": self.content_type,
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        return headers, body

    def forge(self, headers: Mapping[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
        """See `Posting`."""
        stamp, signature = "X-Twilio-Email-Event-Webhook-Timestamp", "X-Twilio-Email-Event-Webhook-Signature"
        return [
            ({**headers, stamp: str(int(headers[stamp]) + 1)}, body),
            ({**headers, stamp: "\xff"}, body),
            ({**headers, signature: base64.b64encode(bytes(70)).decode()}, body),
            ({**headers, signature: "no base64"}, body),
            ({**headers, signature: ""}, body),
            (dict(headers), body + b" "),
            (dict(headers), body.replace(b"anna", b"piotr")),
            ({"Content-Type": self.content_type}, body),
        ]


class MailgunPosts(Posting):
    """Mailgun."""

    source, secret = Source.MAILGUN, "0123456789abcdef0123456789abcdef"
    bounce, complaint, delivered = samples.MAILGUN_BOUNCE, samples.MAILGUN_COMPLAINT, samples.MAILGUN_DELIVERED

    def post(self, event: Json, at: datetime, *, id: str = "1") -> tuple[dict[str, str], bytes]:
        """See `Posting`; the token is the id."""
        stamp, token = str(int(at.timestamp())), f"{int(id):050x}"
        signature = hmac.digest(self.secret.encode(), (stamp + token).encode(), "sha256").hex()
        body = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
        return {"Content-Type": self.content_type}, json.dumps(body).encode()

    def forge(self, headers: Mapping[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
        """See `Posting`."""
        good = json.loads(body)
        stamp, token = good["signature"]["timestamp"], good["signature"]["token"]
        changes: list[Any] = [
            {**good["signature"], "timestamp": str(int(stamp) + 1)},
            {**good["signature"], "token": "f" * 50},
            {**good["signature"], "signature": "0" * 64},
            {**good["signature"], "signature": "\udc80ф"},
            {**good["signature"], "timestamp": stamp[:-1], "token": stamp[-1] + token},  # the same octets are signed
            {**good["signature"], "timestamp": stamp + token, "token": ""},
            {"timestamp": stamp, "token": token},
            None,
        ]
        return [(dict(headers), json.dumps({**good, "signature": change}).encode()) for change in changes]
