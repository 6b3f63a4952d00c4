"""A letter: a digest written for one edition, order and variant; plain values, as the store keeps them."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.tokens import LENGTH

LEAVE_SLOT = "slotleave".ljust(LENGTH, "x")
PREFERENCES_SLOT = "slotpreferences".ljust(LENGTH, "x")
"""Stand in the text and HTML where a reader's tokens go; as long as a token, and as safe in a URL."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that readers of one edition, order and variant have in common.

    `headers` is a block of ready ASCII header lines, CRLF after each, without those that differ per reader (Date, To,
    Message-ID, List-Unsubscribe) and those that depend on the encoding (Content-Type).  `sender` is the bare address
    of its From line; its domain is that of Message-ID and of the leave address.  `leave_url` is the page a token makes
    personal: `{leave_url}/{token}`; None for a mail that is not the list's (a notice): it gets no List-* header.
    `text` and `html` hold the slots; a discreet letter has no `html`.  Deterministic: the same digest written twice is
    the same letter.
    """

    edition: str
    languages: tuple[str, ...]
    variant: str
    subject: str
    sender: str
    headers: str
    leave_url: str | None
    text: str
    html: str | None

    @property
    def bytes_html(self) -> int:
        """Size of the decoded HTML in octets, what Gmail clips at about 102 KB."""
        return len((self.html or "").encode())

    @property
    def sender_domain(self) -> str:
        """The domain that Message-IDs, the list's name and the leave address are made in."""
        return self.sender.rpartition("@")[2]


@dataclass(slots=True, repr=False)  # one is made for each message: freezing it would cost more than making it
class Addressee:
    """What differs from reader to reader.  `leave` and `preferences` are tokens; `message_id` is the local part."""

    to: str
    leave: str
    preferences: str
    message_id: str
    date: datetime
