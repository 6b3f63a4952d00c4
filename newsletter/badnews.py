"""Bad news about a mail that had been taken: which mail, whose, and what is wrong; whoever brings it.

RFC 3464 (delivery status), RFC 3463 (enhanced codes), RFC 5965 (complaints).
"""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.addresses import Address
from newsletter.messageids import Named


class BounceKind(StrEnum):
    """What a bounce says, as far as it goes on: only the first two are about the reader's mailbox."""

    BAD_ADDRESS = "bad-address"  # there is no such mailbox, or it is closed for good
    MAILBOX_FULL = "mailbox-full"
    LATER = "later"  # given up after trying for days: a server was away, or slow
    POLICY = "policy"  # of the sender, its reputation or its authentication; spam
    CONTENT = "content"  # of this one message: its size, its form, a word in it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Suspect:
    """Whom a report is about, by what it holds of ours.  What is None was not found.

    `ref` is from a token of ours and `named` from a Message-ID of ours: neither can be made up.  `address` is what the
    report says, and anybody can say anything.
    """

    ref: bytes | None = None
    named: Named | None = None
    address: Address | None = None

    @property
    def whose(self) -> bytes | None:
        """The `ref` of the reader, or of the note, that something of ours in it names."""
        return self.ref if self.ref is not None or self.named is None else self.named.ref

    @property
    def is_proven(self) -> bool:
        """Whether something in it could only come from a mail of ours."""
        return self.whose is not None


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A mail came back for good.  `text` is the server's, scrubbed; `enhanced` as `5.1.1`, or empty."""

    suspect: Suspect
    kind: BounceKind
    enhanced: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reader called a mail of ours spam.  `is_signed`: by a provider that has proven who it is."""

    suspect: Suspect
    is_signed: bool = False
