"""What somebody wrote, without what was there before: no quotation, no signature, no subject of ours behind `Re:`.

What is not surely quoted or signed is the writer's own: an answer out of which too much were cut would say nothing, and
who says nothing to our question agrees.
"""

import re
from collections.abc import Iterator, Sequence

from newsletter.inbound.messages.heuristics import says
from newsletter.inbound.messages.message import LONGEST_TEXT, Message
from newsletter.inbound.messages.phrases import AUTOMATIC, CHALLENGE
from newsletter.inbound.messages.quoting import MARKED, RULE, answered_from
from newsletter.inbound.messages.refusals import refuses
from newsletter.inbound.messages.shown import shown
from newsletter.inbound.places import domains_of
from newsletter.publication import Publication

MOST_LINES = 500
MOST_CHARACTERS = 20_000

SIGNED = re.compile(r"\s*(?:--|---|—|–)\s*")
"""What stands above a signature (RFC 3676 section 4.3)."""

MOST_SIGNED = 8
"""Lines of a signature; more are the writer's own words."""

PROGRAM = re.compile(
    r"\s*(?:(?:sent (?:from|with|via|using)|get outlook for|скачать outlook|получить outlook|спампаваць outlook|"
    r"отправлено (?:из|с|со|через)|послано (?:из|с)|адпраўлена (?:з|са|праз)|даслана (?:з|са)|"
    r"надіслано (?:з|із|через)|відправлено (?:з|із)|wysłan[eoy] (?:z|ze|za)|pobierz outlook|"
    r"outlook (?:für|para|pour)|holen sie sich outlook|išsiųsta iš|nosūtīts no|odesláno z|"
    r"envoyé (?:de|depuis|avec)|télécharger outlook|enviado (?:desde|do|con|de)|"
    r"inviato (?:da|dal|con)|verzonden (?:met|vanaf)|skickat från) [^.!?\n]{1,70}"
    r"|(?:von|vom) mein[^.!?\n]{1,40} gesendet|gesendet (?:von|mit)[^.!?\n]{1,50}"
    r"|(?:virus-free|без вирусов|не содержит вирусов|без вірусаў)[.\s]{0,3}[^\s]{0,40})"
    r"(?:\.[a-z]{2,4})?[.\s]*(?:<[^>\n]{0,200}>)?\s*",
    re.IGNORECASE,
)
"""Words of the program, in the language of its menus or its maker's."""

ANSWERED = re.compile(r"\s*(?:re|fwd?|aw|wg|odp|sv|vs|ats|адк|ответ|отв|на|відп)\s*(?:\[\d+\])?:", re.IGNORECASE)
"""A subject in front of which somebody's program put that it answers or forwards."""

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"))

NO_WORD = ("@", "://", "www.")
"""What an address has in it, of a mailbox or a page: its letters are nobody's language."""


def own_words(message: Message, publication: Publication) -> str:
    """Return the subject and the text that are the writer's own, without addresses of mailboxes and pages."""
    answers = message.headers.keys() & {"in-reply-to", "references"} or ANSWERED.match(message.header("subject"))
    own = f"{'' if answers else message.header('subject')}\n{own_text(message, publication)}"
    return " ".join(word for word in own.split() if not any(sign in word for sign in NO_WORD))


def own_text(message: Message, publication: Publication) -> str:
    """Return the text that is the writer's own, whole."""
    return "\n".join(_unquoted(_text(message), publication)).strip()


def is_readable(message: Message) -> bool:
    """Say whether all that a person may have written in a mail is read: no cipher, no mail within the mail, no book."""
    kinds = [part.kind for part in message.walk() if not part.kind.startswith("multipart/")]
    strange = message.kind == "multipart/encrypted" or any(kind.startswith("message/") for kind in kinds)
    if strange or "text/calendar" in kinds or not {"text/plain", "text/html"} & set(kinds):
        return False
    text = _text(message)
    return len(text) < MOST_CHARACTERS and text.count("\n") < MOST_LINES and _longest_part(message) < LONGEST_TEXT


def _longest_part(message: Message) -> int:
    return max((len(part.text) for part in message.walk() if part.kind in ("text/plain", "text/html")), default=0)


def _text(message: Message) -> str:
    for kind in ("text/plain", "text/html"):
        parts = (part for part in message.walk() if part.kind == kind)
        texts = [text for part in parts if not _is_attached(part) and (text := part.text).strip()]
        if texts:
            return "\n".join(texts if kind == "text/plain" else map(shown, texts))[:MOST_CHARACTERS]
    return ""


def _is_attached(part: Message) -> bool:
    return part.header("content-disposition").lower().startswith("attachment")


def _unquoted(text: str, publication: Publication) -> list[str]:
    lines = text.translate(INVISIBLE).splitlines()[:MOST_LINES]
    found = answered_from(lines, tuple(domains_of(publication)), names_of(publication))
    if found is not None:
        start, quoted = found
        below = lines[quoted:]
        marked = next((MARKED.match(line) for line in below if line.strip()), None)
        lines = lines[:start] + ([">", *below] if marked else [])
    return [line for line in _unsigned(lines) if not (RULE.fullmatch(line) or PROGRAM.fullmatch(line))]


def _unsigned(lines: Sequence[str]) -> Iterator[str]:
    signed: list[str] | None = None
    for line in [*lines, ">"]:
        if MARKED.match(line):
            if signed is not None and not _is_signature(signed):
                yield from signed
            signed = None
        elif signed is not None:
            signed.append(line)
        elif SIGNED.fullmatch(line):
            signed = []
        else:
            yield line


def _is_signature(lines: Sequence[str]) -> bool:
    text = "\n".join(lines)
    short = sum(bool(line.strip()) for line in lines) <= MOST_SIGNED and len(text) <= 60 * MOST_SIGNED
    return short and not refuses(text) and not says(text, AUTOMATIC + CHALLENGE)


def names_of(publication: Publication) -> frozenset[str]:
    """Return the names under which we write, in lower case."""
    texts = [publication.name, publication.discreet.sender_name, *(one.name for one in publication.senders if one.name)]
    return frozenset(name.lower() for text in texts for name in text.values())
