"""Reports of machines, as they come to `bounce+TOKEN@` and `complaints@`: what is said, and of whom.

RFC 3464, RFC 5965, RFC 8098, RFC 3834; and where servers write as they like, their words.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from newsletter.badnews import BounceKind, BounceReport, Complaint, Suspect
from newsletter.inbound.mail import Ignored, Mail, Unclear
from newsletter.inbound.messages import heuristics, phrases
from newsletter.inbound.messages.heuristics import holds, plainly, says
from newsletter.inbound.messages.machine import is_daemon, senders
from newsletter.inbound.messages.message import Message, TooMuch, read_message
from newsletter.inbound.reports.arf import feedback_of, is_complaint
from newsletter.inbound.reports.diagnosis import enhanced_of, kind_of
from newsletter.inbound.reports.dsn import KINDS, NO_FAILURE, Group, groups_of, passed_on
from newsletter.inbound.reports.suspects import suspect_of
from newsletter.outcomes import scrub
from newsletter.publication import Publication
from newsletter.sealing import Keyring

LONGEST_TEXT = 1_000
"""Characters of a server's words that are looked at for addresses; 300 are kept."""

_BROKEN = re.compile(r"\S*@\s?\S*")
"""What is left of an address that was folded or cut."""

_Finder: TypeAlias = Callable[[Sequence[str], Sequence[str]], Suspect]


def read_report(
    mail: Mail, publication: Publication, keyring: Keyring, ref: bytes | None
) -> BounceReport | Complaint | Ignored | Unclear:
    """Return what a machine reports.  `ref` is what the token of the address names that it came to, if it has one.

    Raises nothing, whatever the content is, and takes less than two seconds.
    """
    try:
        message = read_message(mail.content)
    except TooMuch as error:
        return Unclear(str(error))

    def suspect(said: Sequence[str], seen: Sequence[str] = ()) -> Suspect:
        return suspect_of(message, mail.content, said, seen, publication=publication, keyring=keyring, ref=ref)

    feedback = feedback_of(message)
    if feedback is not None:
        if not is_complaint(feedback):
            return Ignored("a report that is no complaint")
        return Complaint(suspect([feedback.get("original-rcpt-to", "").strip("<> ")]))
    if _is_receipt(message):
        return Ignored("a receipt")
    groups, told_by = groups_of(message), message
    if not groups:
        groups, told_by = passed_on(message) or ([], message)
    return _of_groups(groups, told_by, suspect) or _of_words(message, suspect)


def _is_receipt(message: Message) -> bool:
    """Say whether it is one (RFC 8098), and not what Dovecot used to send where it refuses a mail."""
    if not any(part.kind == "message/disposition-notification" for part in message.walk()):
        return message.parameter("report-type") == "disposition-notification"
    return not says(heuristics.words_of(message), phrases.FAILED)


def _of_groups(groups: Sequence[Group], message: Message, suspect: _Finder) -> BounceReport | Ignored | None:
    """Judge a report by its fields; None if they say nothing.  Where the mail also went on to somebody, nothing is said
    against the reader.
    """
    if any(group.action in NO_FAILURE for group in groups):
        return Ignored("it was delivered")
    failed = [group for group in groups if group.is_failed]
    if not failed:
        return Ignored("delay") if any(group.is_delayed for group in groups) else None
    first = failed[0]
    said = [address for group in failed for address in group.recipients]
    enhanced, text = enhanced_of(first.status, first.diagnostic), first.diagnostic
    kind = kind_of(enhanced, text)
    if kind is BounceKind.UNKNOWN or not text:
        kind, enhanced, told = _judged(heuristics.words_of(message), enhanced)
        text = text or told
    return _report(suspect(said, ()), kind, enhanced, text, said)


def _of_words(message: Message, suspect: _Finder) -> BounceReport | Ignored | Unclear:
    """Judge a mail without such fields by its words, those of the subject first."""
    subject, words = message.header("subject"), heuristics.words_of(message)
    title = plainly(subject)
    both = f"{title} {plainly(words)}"
    reply = heuristics.reply_in(words)
    is_of_daemon = _is_report(message) or any(is_daemon(address) for address in senders(message))
    # A person, or a vacation note, may quote the digest: a single word of failure in it says nothing.
    has_failed = holds(both, phrases.FAILED) and (is_of_daemon or reply != "" or _announces(title, words))
    if title.startswith(phrases.RECEIPTS):
        return Ignored("a receipt")
    if not (is_of_daemon and has_failed):
        if holds(both, phrases.CHALLENGE):
            return Ignored("a challenge")
        if holds(title, phrases.AUTOMATIC) or (_is_automatic(message) and not has_failed and not is_of_daemon):
            return Ignored("automatic reply")
    if holds(both, phrases.DELAYED):
        return Ignored("delay")
    if not has_failed and not (is_of_daemon and (reply or _is_report(message))):
        if holds(both, phrases.AUTOMATIC):
            return Ignored("automatic reply")
        if not (is_of_daemon and kind_of("", words) in (BounceKind.BAD_ADDRESS, BounceKind.MAILBOX_FULL)):
            return Unclear("neither a report nor an automatic reply that is known")
    kind, enhanced, text = _judged(words or subject, "")
    said = message.headers.get("x-failed-recipients", [""])[0].split(",")
    return _report(suspect(said, heuristics.addresses_in(heuristics.gist_of(words))), kind, enhanced, text, said)


def _announces(title: str, words: str) -> bool:
    return not title.startswith("re:") and holds(title, phrases.FAILED) and holds(plainly(words), phrases.FAILED)


def _is_report(message: Message) -> bool:
    """Say whether it is one by its form, whatever it says or leaves out."""
    return "x-failed-recipients" in message.headers or any(part.kind in KINDS for part in message.walk())


def _judged(words: str, enhanced: str) -> tuple[BounceKind, str, str]:
    """Judge by a server's reply among some words, else by what follows an address, else by all of them."""
    told = heuristics.reply_in(words) or heuristics.gist_of(words)
    enhanced = enhanced_of(enhanced, told)
    for text in (told, words):
        kind = kind_of(enhanced, text)
        if kind is not BounceKind.UNKNOWN:
            break
    return kind, enhanced, told


def _is_automatic(message: Message) -> bool:
    submitted = message.header("auto-submitted").lower()
    return submitted.startswith(("auto-replied", "auto-generated", "auto-notified")) or any(
        name in message.headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "x-vacation")
    )


def _report(suspect: Suspect, kind: BounceKind, enhanced: str, text: str, said: Sequence[str]) -> BounceReport:
    text = text[:LONGEST_TEXT]
    addresses = [*said, *heuristics.addresses_in(text), str(suspect.address or "")]
    for address in dict.fromkeys(addresses):  # its halves go, too
        text = scrub(text, LONGEST_TEXT, recipient=address.strip("<> "))
    return BounceReport(suspect, kind, enhanced, scrub(_BROKEN.sub("<…>", text)))
