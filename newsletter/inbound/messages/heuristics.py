"""Reports without a structure: their own words, without what they quote, and the server's reply in them."""

import re
import unicodedata

from newsletter.inbound.messages.message import Message

LONGEST = 8_000
"""Characters of a report that are read."""

_QUOTE = re.compile(
    r"^(?:[ \t>*=_]{0,9}-{2,60}.{0,40}(?:below this line|copy of|original message|original text|returned message"
    r"|message text follows|forwarded|исходн|оригинал|арыгінал|ursprüng|oryginaln|header|письм|unsent message).{0,200}"
    r"|(?:Received: |Return-Path: |X-Mailer: |Original message follows|--- Below).{0,400}|>[ \t]?[^ \t<>\n].{0,400})$",
    re.IGNORECASE | re.MULTILINE,
)
_HIDDEN = re.compile(r"<(?:style|script|head|title)\b", re.IGNORECASE)
_SHOWN = re.compile(r"</(?:style|script|head|title)>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>@]{0,2000}>")
_REPLY = re.compile(
    r"(?<![\w.:\[-])(?:[45]\d\d(?:-| +|\b: ?)#?(?:[45]\.\d{1,3}\.\d{1,3}\b|(?=[^\d\s]))"
    r"|#?[45]\.\d{1,3}\.\d{1,3}\b(?!\.\d))[^\n]{2,}"
)

_ADDRESSED = re.compile(
    r"^(?![ \t]*(?:to|from|cc|subject|message-id|for|if you)\b)(?!.*(?:postmaster|contact|support|help)).*\S@\S.*$",
    re.IGNORECASE | re.MULTILINE,
)

_ADDRESS = re.compile(r"[^\s<>\"'(),:;=\[\]]{1,64}@[^\s<>\"'(),:;\[\]]{1,255}")


_MARKS = re.compile(r"[\u0300-\u036f]")
_LETTERS = str.maketrans({"’": "'", "ł": "l", "ß": "ss", "ø": "o", "đ": "d", "æ": "ae", "ı": "i"})
_SENTENCE = re.compile(r"[.!?;](?:\s|$)|[。！？；]")


def holds(text: str, phrases: tuple[str, ...]) -> bool:
    """Say whether a text, as `plainly` returns it, holds one of some phrases."""
    return any(phrase in text for phrase in phrases)


def says(text: str, phrases: tuple[str, ...]) -> bool:
    """Say whether a text, as it was written, holds one of some phrases."""
    return holds(plainly(text), phrases)


def says_of(text: str, whom: tuple[str, ...], what: tuple[str, ...], unless: tuple[str, ...]) -> bool:
    """Say whether a sentence of a text, as `plainly` returns it, says something of somebody, and of nobody else."""
    if not (holds(text, whom) and holds(text, what)):
        return False
    sentences = (one for one in _SENTENCE.split(text) if holds(one, whom) and holds(one, what))
    return any(not holds(one, unless) for one in sentences)


def plainly(text: str) -> str:
    """Return a text as the phrases are written: in lower case, one blank, no accents, for servers leave those out.

    >>> plainly("Boîte  INTROUVABLE, Empfänger\\nungültig")
    'boite introuvable, empfanger ungultig'
    """
    text = text[:LONGEST].lower()
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return " ".join(text.split())


def words_of(message: Message) -> str:
    """Return what a report says in its own words: its texts without what they quote."""
    texts = [part for part in message.walk() if part.kind.startswith("text/") and not part.parts]
    plain = "\n".join(part.text for part in texts if part.kind == "text/plain")
    if not plain.strip():
        markup = "\n".join(part.text for part in texts if part.kind == "text/html")
        plain = _TAG.sub(" ", _visible(markup)).replace("&nbsp;", " ")
    text = plain.strip()[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    quoted = _QUOTE.search(text, pos=1)
    return text[: quoted.start()] if quoted else text


def _visible(markup: str) -> str:
    first, *others = _HIDDEN.split(markup)
    return first + " ".join(_SHOWN.split(other, maxsplit=1)[-1] for other in others if _SHOWN.search(other))


def reply_in(words: str) -> str:
    """Return the first reply of a server that a report quotes, with the lines that go on with it; else nothing."""
    found = _REPLY.search(words)
    if not found:
        return ""
    rest = words[found.start() :].split("\n\n", 1)[0]
    return " ".join(rest.split())[:600]


def addresses_in(text: str) -> list[str]:
    """Return what looks like addresses in a text, the first few."""
    return [found.strip(".,;:") for found in _ADDRESS.findall(text[:1000])[:10]]


def gist_of(words: str) -> str:
    """Return what follows the first address in a report, where its reason usually stands; or all of it."""
    found = _ADDRESSED.search(words)
    return " ".join(words[found.start() if found else 0 :].split())[:600]
