"""Why a server refuses: by its words, then by its code."""

import re

from newsletter.outcomes.states import Reason, Reply
from newsletter.outcomes.words import BY_WORDS, UNMISTAKABLE

_BY_SUBJECT = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.310"), Reason.BAD_ADDRESS),
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.4": Reason.TOO_LARGE,
    **dict.fromkeys(("1.7", "1.8", "1.90"), Reason.POLICY),  # the address of the sender, or how much it sends
    "4.5": Reason.POLICY,  # congestion by RFC 3463; large providers say so of a sender's daily quota
}

_NO_WORDS = re.compile(r"https?://\S+|\S{1,200}@[\w.\[\]-]+|(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])")
"""Addresses, links and hosts: what is in their names means nothing."""


def _nameless(name: re.Match[str]) -> str:
    return " @ " if "@" in name.group() else " "


def reason_for(reply: Reply) -> Reason:
    """Return why a 5xx at RCPT, DATA or the dot was given: by words, by enhanced code, by other words.

    Words go first because servers write codes as they like: "5.7.1 No such user!", "5.1.1 blocked as spam".

    >>> str(reason_for(Reply(550, "no such user", "5.7.1")))
    'bad-address'
    >>> str(reason_for(Reply(550, "blocked by policy, see http://unknown.user.example", "5.1.1")))
    'policy'
    >>> str(reason_for(Reply(550, "rejected", "5.1.1")))
    'bad-address'
    >>> str(reason_for(Reply(552, "too big", "5.3.4")))
    'too-large'
    >>> str(reason_for(Reply(550, "Mailbox unavailable: it is full")))
    'mailbox-full'
    >>> str(reason_for(Reply(550, "unknown error")))
    'other'
    """
    text = f"{reply.enhanced} {_NO_WORDS.sub(_nameless, reply.text[:2000])}".lower()
    for reason, words in UNMISTAKABLE:
        if words.search(text):
            return reason
    subject = reply.enhanced.partition(".")[2]
    if subject in _BY_SUBJECT:
        return _BY_SUBJECT[subject]
    if subject.startswith(("6.", "7.")):
        return Reason.POLICY
    return next((reason for reason, words in BY_WORDS if words.search(text)), Reason.OTHER)
