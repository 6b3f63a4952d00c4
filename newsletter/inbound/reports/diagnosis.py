"""What a server's words mean for the reader, in a report as in the SMTP dialogue: `outcomes` judges, this maps."""

import re

from newsletter.badnews import BounceKind
from newsletter.inbound.messages import verdicts
from newsletter.inbound.messages.heuristics import holds, plainly, says_of
from newsletter.outcomes import Reason, Reply, reason_for

ENHANCED = re.compile(r"(?<![\d.])([45]\.[0-7]\.\d{1,3})(?![\d.]*\d)")
"""An enhanced code (RFC 3463) in a text, and no part of an IP address."""

MEANINGLESS = ("", "0.0", "1.0", "2.0", "3.0", "4.0", "4.1", "5.0")
"""Subjects and details that servers write when they have nothing to say."""

_KINDS = {
    Reason.BAD_ADDRESS: BounceKind.BAD_ADDRESS,
    Reason.MAILBOX_FULL: BounceKind.MAILBOX_FULL,
    Reason.POLICY: BounceKind.POLICY,
    Reason.TOO_LARGE: BounceKind.CONTENT,
}
_CONTENT_CODES = ("6.", "2.3", "3.4")
_CONTENT = re.compile(
    r"\bvirus|infected|malware|attachment|executable|line (?:is )?too long|RFC ?2?822|RFC ?5322|bare (?:LF|CR)"
    r"|no \S+ field|malformed|header error|headers? (?:are|is|fail)|(?:bad|invalid|missing|duplicate) (?:\S+ )?header"
    r"|\bmime\b|8-?bit",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"timed? ?out|time-?out|refused|unreachable|not reachable|too quickly|receiving (?:mail|e-?mail) at|too long"
    r"|time.?expired|\bexpired\b|given up|giving up|(?:try|retry)(?: again)? later|not found, try again|grey-?list"
    r"|temporar|deferred|not respond|no route|lost connection|unsuccessful attempts|\bloop|too many hops"
    r"|connection (?:closed|dropped|reset)"
    r"|did not accept our requests|could not connect|can't connect|connection failed|wasn't able to establish"
    r"|no answer|not collected|retry time|per (?:hour|minute|day)\b|at this time|at the moment|right now",
    re.IGNORECASE,
)
_NO_DOMAIN = re.compile(
    r"(?:host|domain)(?: or domain)?(?: name)? (?:is )?(?:not found(?!, try)|unknown|does ?n.?o?t exist)|NXDOMAIN"
    r"|unknown (?:host|domain)|no such (?:host|domain)|unrouteable (?:mail domain|address)|no mail exchanger"
    r"|null ?mx|bad destination|illegal host",
    re.IGNORECASE,
)
_SAID = (
    (BounceKind.MAILBOX_FULL, verdicts.MAILBOX_IS_FULL),
    (BounceKind.POLICY, verdicts.REFUSED),
    (BounceKind.BAD_ADDRESS, verdicts.NO_SUCH_ADDRESS),
)


def enhanced_of(status: str, text: str) -> str:
    """Return the code that says more: the server's own in `text`, unless it means nothing, else that of the report.

    >>> enhanced_of("5.0.0", "550 5.1.1 no such user")
    '5.1.1'
    >>> enhanced_of("5.1.1", "550 no such user at 5.1.1.7")
    '5.1.1'
    """
    found = ENHANCED.findall(text[:2000])
    telling = next((code for code in found if code[2:] not in MEANINGLESS), "")
    return telling or (status if status[2:] not in MEANINGLESS else "") or (found[0] if found else status)


def kind_of(enhanced: str, text: str) -> BounceKind:
    """Return what a failure is about.  What was put off until it was given up says nothing, but for a full mailbox.

    >>> kind_of("5.6.0", "malformed").value
    'content'
    >>> kind_of("4.1.1", "450 user unknown").value
    'later'
    """
    subject = enhanced.partition(".")[2]
    reason = reason_for(Reply(550, text, "" if subject in MEANINGLESS else enhanced))
    if enhanced.startswith("4."):
        return BounceKind.MAILBOX_FULL if reason is Reason.MAILBOX_FULL else BounceKind.LATER
    if reason in (Reason.POLICY, Reason.OTHER) and (subject.startswith(_CONTENT_CODES) or _CONTENT.search(text)):
        return BounceKind.CONTENT
    if reason is Reason.OTHER:
        plain = plainly(text)
        said = next((kind for kind, words in _SAID if holds(plain, words)), None) or _said_of_reader(plain)
        if said is not None:
            return said
        if _NO_DOMAIN.search(text):
            return BounceKind.BAD_ADDRESS
        return BounceKind.LATER if subject.startswith("4.") or _LATER.search(text) else BounceKind.UNKNOWN
    if subject.startswith("7.") and reason_for(Reply(550, text)) is Reason.OTHER:
        # The code alone spoke of policy, and servers give it to unknown users as well.
        plain = plainly(text)
        said = None if holds(plain, verdicts.REFUSED) else _said_of_reader(plain)
        return said or BounceKind.POLICY
    return _KINDS[reason]


def _said_of_reader(plain: str) -> BounceKind | None:
    """Return what one sentence says of the reader, in whatever language."""
    if says_of(plain, verdicts.MAILBOX, verdicts.FULL, verdicts.ANOTHER):
        return BounceKind.MAILBOX_FULL
    return BounceKind.BAD_ADDRESS if says_of(plain, verdicts.READER, verdicts.GONE, verdicts.ANOTHER) else None
