"""Where what somebody answers begins in the text of an answer: "On … wrote:", or the head of the mail quoted.

Only words that programs put there are taken for that, in the languages of their menus: whatever else stands near an
address of ours is the writer's own.
"""

import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import Literal

from babel.dates import get_day_names, get_month_names

MENUS = ("be", "ru", "uk", "en", "pl", "lt", "lv", "et", "de", "fr", "es", "it", "cs", "nl", "pt", "sv")
"""Languages whose names of days and months we look for (CLDR)."""


def _listed(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


WROTE = _listed("""
    wrote writes пишет писал писала написал написала написали піша пісаў пісала напісаў напісала напісалі пише писав
    написав schrieb geschrieben
    écrit napisał napisała pisze rašė parašė rakstīja kirjutas escribió ha scritto napsal napsala schreef
    escreveu skrev
    """)
BETWEEN = _listed("""
    on at from a o a.m p.m am pm gmt utc msk eet cet via to um von schrieb le à de du el las los la il alle ore
    dnia от в г год года кому и у ад гадзіне від о р uhr den d g h dne v op om het em às kl pirm antr treč ketv
    penkt šešt sekm gm m mon tue wed thu fri sat sun пн вт ср чт пт сб вс нд аў чц ня пят сер нед кас кастр окт
    жовт сент вер верас сен нояб листоп ліст дек груд снеж янв студ фев лют февр мар сак апр крас июн июл авг жн
    жнів трав czer чэрв ліп сту
    """)
FROM = (
    "from|sent|date|to|subject|cc|reply-to|от|от кого|отправлено|дата|кому|тема|копия|ад|ад каго|адпраўлена|"
    "каму|тэма|копія|від|від кого|надіслано|von|gesendet|an|betreff|datum|de|envoyé|à|objet|od|wysłano|wysłane|"
    "do|data|temat|nuo|išsiųsta|kam|kas|tema|enviado|para|asunto|da|inviato|a|oggetto|van|verzonden|aan|"
    "onderwerp"
)
HEADER = re.compile(rf"[\s*]*(?:{FROM})[ \xa0*]*:", re.IGNORECASE)
ORIGINAL = re.compile(
    r"\s*[-_]{2,40}[ ]?(?:original|reply|исходн|первонач|оригинал|арыгінал|зыходн|початков|оригінал|ursprüngl|urspr|"
    r"message d.origine|mensaje orig|messaggio orig|oryginaln|wiadomość|původní|пересыл)[^-_\n]{0,40}[-_]{2,40}\s*",
    re.IGNORECASE,
)
RULE = re.compile(r"\s*(?:-{3,}|_{3,}|={3,}|—{3,})\s*")
MARKED = re.compile(r"\s*[>|]")

MOST_LINES_OF_ONE = 5
"""Lines over which "On … wrote:" is broken."""

NAMED = re.compile(
    r"(?:\"[^\"\n]{0,80}\"|(?:[^\W\d_][^\s<>,:;]{0,30}\s+){0,7})\s*[<(\[]\s*[^\s<>@]{1,80}@[^\s<>]{1,200}"
)
WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*")


def answered_from(lines: Sequence[str], ours: Sequence[str], names: Collection[str]) -> tuple[int, int] | None:
    """Return the first line of what introduces a quotation, and the first of what is quoted; None if there is none.

    `ours`: our domains, in lower case; `names`: those under which we write, in lower case.
    """
    for number, line in enumerate(lines):
        if MARKED.match(line):
            continue
        if ORIGINAL.fullmatch(line) or _is_head(lines, number, ours, names):
            return number, _behind_head(lines, number + 1)
        if line.rstrip(" \t*_").endswith(":") and any(line.strip() for line in lines[number + 1 :]):
            lengths = range(1, min(MOST_LINES_OF_ONE, number + 1) + 1)
            fitting = [length for length in lengths if introduces(lines[number + 1 - length : number + 1], ours, names)]
            if fitting:
                return number + 1 - fitting[-1], number + 1
    return None


def introduces(lines: Sequence[str], ours: Sequence[str], names: Collection[str]) -> bool:
    """Say whether some lines are "On Monday, The Week <digest@…> wrote:", whatever the language."""
    if not all(line.strip() and not MARKED.match(line) for line in lines):
        return False
    text = " ".join(lines).lower()
    if len(text) > 500 or not _names_us(text, ours, names):
        return False
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    rest = NAMED.sub(" ", text) if any(f"@{domain}" in text for domain in ours) else text
    rest = re.sub(r"\S+@\S+", " ", rest)
    words = WORD.findall(rest.replace("(a)", "").replace("(ла)", "").replace("(а)", ""))
    dated = bool(re.search(r"\d", rest)) or any(word in WROTE for word in words)
    return dated and all(word in WROTE or word in BETWEEN or word in calendar() for word in words)


@cache
def calendar() -> frozenset[str]:
    """Return the names of days and months as they stand in dates, in lower case."""
    widths: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
    contexts: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
    names = (
        name
        for code in MENUS
        for width in widths
        for context in contexts
        for find in (get_day_names, get_month_names)
        for name in find(width, context, code).values()
    )
    return frozenset(word for name in names for word in WORD.findall(name.lower()))


def _names_us(text: str, ours: Sequence[str], names: Collection[str]) -> bool:
    low = text.lower()
    return any(f"@{domain}" in low for domain in ours) or any(name in low for name in names)


def _is_head(lines: Sequence[str], number: int, ours: Sequence[str], names: Collection[str]) -> bool:
    """Say whether the head of a mail of ours begins at a line: From, Sent, To, in whatever order."""
    if not HEADER.match(lines[number]):
        return False
    before = next((line for line in reversed(lines[:number]) if line.strip()), "")
    head = [line for line in lines[number : number + 12] if line.strip()][:5]
    ruled = RULE.fullmatch(before) is not None or sum(HEADER.match(line) is not None for line in head) > 1
    return ruled and _names_us("\n".join(head), ours, names)


def _behind_head(lines: Sequence[str], number: int) -> int:
    while number < len(lines) and (not lines[number].strip() or HEADER.match(lines[number])):
        number += 1
    return number
