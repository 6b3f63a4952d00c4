"""What comes in, and what it is found to be."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from newsletter.addresses import Address
from newsletter.badnews import BounceReport, Complaint
from newsletter.digest import Variant
from newsletter.languages import Language


class Source(StrEnum):
    """By which door a mail, or a provider's report, came in."""

    LMTP = "lmtp"
    SMTP = "smtp"
    PIPE = "pipe"
    IMAP = "imap"
    SES = "ses"
    POSTMARK = "postmark"
    SENDGRID = "sendgrid"
    MAILGUN = "mailgun"

    @property
    def is_webhook(self) -> bool:
        """Whether what came is a provider's report in JSON, its signature verified, and no mail."""
        return self in (Source.SES, Source.POSTMARK, Source.SENDGRID, Source.MAILGUN)


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """A message with its envelope (RFC 5321 section 2.3.1); `sender` is empty for the null return path.

    Of a webhook's report there is no envelope, and `content` is JSON.
    """

    source: Source
    recipient: str
    sender: str
    content: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Asker:
    """A person who wrote to us: where the answer goes, in which language and variant, and what it answers.

    `message_id` is the asker's own, with its angle brackets, fit for In-Reply-To; empty where there is none.
    """

    address: Address
    tongue: Language
    variant: Variant
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Wants to subscribe: `subscribe@`, `subscribe-be@`."""

    asker: Asker


@dataclass(frozen=True, slots=True)
class Latest:
    """Wants the newest digest, once: `latest@`, `latest-be@`."""

    asker: Asker


@dataclass(frozen=True, slots=True)
class WayOut:
    """Wants to leave and has no link: `unsubscribe@`."""

    asker: Asker


@dataclass(frozen=True, slots=True)
class Help:
    """Wants to know what can be done: `help@`."""

    asker: Asker


@dataclass(frozen=True, slots=True)
class Confirm:
    """Said yes to a confirm note, by an empty reply or a short one: `confirm+TOKEN@`.

    `note` is the `ref` of the note that it replies to.
    """

    asker: Asker
    token: str
    note: bytes


@dataclass(frozen=True, slots=True)
class Objection:
    """Replied to a confirm note that it is not wanted, or that somebody else has asked; `note` as in `Confirm`."""

    asker: Asker
    token: str
    note: bytes


@dataclass(frozen=True, slots=True)
class Leave:
    """Wrote to the address of a letter's List-Unsubscribe: `leave+TOKEN@`.  Whoever wrote, the token decides."""

    token: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do: a machine, an automatic reply, a delay.  `why` is ours, a few words for a log."""

    why: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """A person should look at it: `why` is ours, and says what was expected."""

    why: str


Received: TypeAlias = (
    Join | Latest | WayOut | Help | Confirm | Objection | Leave | BounceReport | Complaint | Ignored | Unclear
)
"""What a mail, or a provider's report, is found to be."""
