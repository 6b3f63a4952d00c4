"""What somebody wrote, without what was there before: no quotation, no signature, no subject of ours behind `Re:`."""

import html
import re
from collections.abc import Sequence

from newsletter.inbound.messages.message import Message

MOST_LINES = 500
MOST_CHARACTERS = 20_000

RULE = re.compile(r"\s*(?:-{3,}|_{5,}|={5,}|-- ?$|—{3,})")
"""Where a signature begins (RFC 3676 section 4.3), or what a program without `>` quotes."""

PROGRAM = re.compile(
    r"\s*(?:sent (?:from|with|via) |get outlook for |отправлено (?:из|с|через) |адпраўлена |надіслано |wysłan[eo] z )",
    re.IGNORECASE,
)
"""Words of the program, in the language of its menus or its maker's."""

ANSWERED = re.compile(r"\s*(?:re|fwd?|aw|wg|odp|sv|vs|ats|адк|ответ|отв|на|відп)\s*(?:\[\d+\])?:", re.IGNORECASE)
"""A subject in front of which somebody's program put that it answers or forwards."""

QUOTES = ("gmail_quote", "moz-cite-prefix", "divrplyfwdmsg", "yahoo_quoted", "appendonsend", "protonmail_quote")
"""Classes and names by which programs mark where a quotation begins in HTML."""

UNREAD = ("blockquote", "head", "style", "script", "title")
LINE = ("br", "div", "p", "li", "tr", "table", "h1", "h2", "h3")

NO_WORD = ("@", "://", "www.")
"""What an address has in it, of a mailbox or a page: its letters are nobody's language."""


def own_words(message: Message, domains: Sequence[str]) -> str:
    """Return the subject and the text that are the writer's own; `domains` are ours, in lower case."""
    text = _text(message)
    answers = message.headers.keys() & {"in-reply-to", "references"} or ANSWERED.match(message.header("subject"))
    own = [*([] if answers else [message.header("subject")]), *_unquoted(text, domains)]
    return " ".join(word for word in "\n".join(own).split() if not any(sign in word for sign in NO_WORD))


def _text(message: Message) -> str:
    parts = [part for part in message.walk() if part.kind in ("text/plain", "text/html")]
    for kind in ("text/plain", "text/html"):
        found = next((part.text for part in parts if part.kind == kind and part.text.strip()), "")
        if found:
            return (found if kind == "text/plain" else _shown(found[:MOST_CHARACTERS]))[:MOST_CHARACTERS]
    return ""


def _unquoted(text: str, domains: Sequence[str]) -> list[str]:
    lines = text.splitlines()[:MOST_LINES]
    marked = any(line.lstrip().startswith(">") for line in lines)
    own: list[str] = []
    for line in lines:
        if RULE.match(line):
            break
        if any(f"@{domain}" in line.lower() for domain in domains):  # "On Monday, Digest <digest@…> wrote:"
            while own and own[-1].strip():
                own.pop()
            if not marked:
                break
        elif not line.lstrip().startswith(">") and not PROGRAM.match(line):
            own.append(line)
    return own


def _shown(source: str) -> str:
    """Return what is read of HTML, up to the first quotation."""
    shown: list[str] = []
    unread = 0
    for piece in f">{source}".split("<"):
        tag, _, words = piece.partition(">")
        if any(mark in tag.lower() for mark in QUOTES):
            break
        name = re.split(r"[\s/]", tag.lower().removeprefix("/"), maxsplit=1)[0]
        if name in UNREAD:
            unread = max(0, unread - 1) if tag.startswith("/") else unread + 1
        elif name in LINE:
            shown.append("\n")
        if not unread:
            shown.append(words)
    return html.unescape("".join(shown))
