"""Mails as people's programs write them, and where they go."""

from email.message import EmailMessage

from newsletter import messageids, tokens
from newsletter.inbound import Mail, Received, Source, read
from newsletter.tokens import Purpose
from tests.letters import sample
from tests.unit.rings import ring

PUBLICATION = sample.publication(mail_in=True)
RING = ring(7)
READER, NOTE = b"reader 1", b"a note 1"
FULL, NEUTRAL = "week.example.org", "neutral.example.net"

TOKEN = tokens.make(RING, Purpose.CONFIRM, READER)
CONFIRM = f"confirm+{TOKEN}@{FULL}"
LEAVE = f"leave+{tokens.make(RING, Purpose.LEAVE, READER)}@{FULL}"
BOUNCE = f"bounce+{tokens.make(RING, Purpose.BOUNCE, READER)}@{FULL}"
NOTE_ID = f"<{messageids.message_id(RING, messageids.NOTE, NOTE)}@{FULL}>"
LETTER_ID = f"<{messageids.message_id(RING, 7, READER)}@{FULL}>"

COMMANDS = (
    *(f"{word}@{domain}" for word in ("subscribe", "latest", "unsubscribe", "help") for domain in (FULL, NEUTRAL)),
    *(f"{word}-{code}@{FULL}" for word in ("subscribe", "latest") for code in ("be", "ru", "en")),
    CONFIRM,
)
"""Every address at which a person's mail is read."""


def written(text: str = "", /, **headers: str) -> bytes:
    """Return a mail of Anna's; `in_reply_to="…"` gives a header, and an empty value takes one away."""
    message = EmailMessage()
    usual = {"from": "Anna <anna@example.com>", "message_id": "<a1@example.com>", "mime_version": ""}
    message.set_content(text)
    for name, value in (usual | headers).items():
        del message[name.replace("_", "-")]
        if value:
            message[name.replace("_", "-")] = value
    return message.as_bytes()


def brought(recipient: str, content: bytes, sender: str = "anna@example.com") -> Mail:
    """Return a mail as a mail server hands it over."""
    return Mail(Source.LMTP, recipient, sender, content)


def found(recipient: str, content: bytes, sender: str = "anna@example.com") -> Received:
    """Return what a mail is found to be."""
    return read(brought(recipient, content, sender), PUBLICATION, RING)


def reply(text: str = "Так", **headers: str) -> bytes:
    """Return a mail of a person who pressed "reply" on our confirm note, if no header says otherwise."""
    usual = {"in_reply_to": NOTE_ID, "references": NOTE_ID, "subject": "Re: Please confirm"}
    return written(text, **(usual | headers))
