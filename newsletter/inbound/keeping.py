"""A mail as it is kept until it is worked off: envelope and content in one piece; and what makes two the same."""

import json
import zlib
from hashlib import blake2b

from newsletter.inbound.mail import Mail, Source
from newsletter.inbound.places import BAD_NEWS, Place

ENVELOPE = ("recipient", "sender")


def pack(mail: Mail) -> bytes:
    """Return envelope and content as octets to be sealed, in a few tenths of the room."""
    envelope = json.dumps({part: getattr(mail, part) for part in ENVELOPE})  # in ASCII, whatever is in it
    return zlib.compress(envelope.encode() + b"\n" + mail.content)


def unpack(source: Source, octets: bytes) -> Mail:
    """Return the mail that was packed."""
    envelope, _, content = zlib.decompress(octets).partition(b"\n")
    parts = json.loads(envelope)
    return Mail(source, parts["recipient"], parts["sender"], content)


def same_as(mail: Mail) -> bytes:
    """Return a digest that is the same for the same content to the same recipient.

    By it a mail is taken once, though its mail server may not have heard our answer and sends it again.
    """
    recipient = mail.recipient.lower().encode("utf-8", "surrogateescape")
    return blake2b(len(recipient).to_bytes(4) + recipient + mail.content, digest_size=32).digest()


def lane(place: Place) -> int:
    """Return in which lane a mail waits: 0 if a person waits for what comes of it, 1 for bad news."""
    return int(place.command in BAD_NEWS)
