"""Words spelled alike, whatever keyboard they were typed on, and lists of them."""

import re

WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return [_spelled(word) for word in WORD.findall(text.lower())]


def listed(lines: str) -> frozenset[str]:
    """Return the words of a list, a blank or a line between them."""
    return frozenset(words_of(lines))


def phrases(lines: str) -> tuple[str, ...]:
    """Return the phrases of a list, the longest first, a bar or a line between them; one blank around each."""
    found = (" ".join(words_of(phrase)) for line in lines.splitlines() for phrase in line.split("|"))
    return tuple(sorted({f" {phrase} " for phrase in found if phrase}, key=len, reverse=True))


def _spelled(word: str) -> str:
    word = word.replace("’", "'").replace("ʼ", "'").replace("ё", "е")
    # Who has a Russian keyboard and writes Belarusian takes the Latin i.
    return word.replace("i", "і") if "i" in word and re.search("[а-яў]", word) else word
