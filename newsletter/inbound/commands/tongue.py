"""In which language somebody is answered who typed no more than an address.

Rules and letters, no statistics: a mail holds three words, or none.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from babel.core import get_global

from newsletter.inbound.messages.message import Message
from newsletter.inbound.messages.ownwords import own_words
from newsletter.inbound.places import Place
from newsletter.languages import Language
from newsletter.publication import Command, Publication

LATIN = "abcdefghijklmnopqrstuvwxyz"

ALPHABETS: Mapping[str, frozenset[str]] = {
    code: frozenset(letters)
    for code, letters in {
        "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя’",
        "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя’",
        "en": f"{LATIN}’",
        "pl": f"{LATIN}ąćęłńóśźż",
        "lt": f"{LATIN}ąčęėįšųūž",
        "lv": f"{LATIN}āčēģīķļņšūž",
        "et": f"{LATIN}äöüõšž",
        "cs": f"{LATIN}áčďéěíňóřšťúůýž",
        "de": f"{LATIN}äöüß",
        "fr": f"{LATIN}àâæçéèêëîïôœùûüÿ’",
    }.items()
}
"""Telling neighbours apart; a language that is not here is known by its script alone."""

DOMAINS = {"su": "ru", "uk": "en", "us": "en", "xn--90ais": "be", "xn--j1amh": "uk", "xn--p1ai": "ru"}
"""Top-level domains that are no code of a country, or of one where Unicode says nothing (CLDR, likely subtags)."""

NO_LANGUAGE = frozenset(Command)
"""Words that are typed out of habit, in whatever language somebody thinks."""

WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")


def tongue_of(message: Message, place: Place, publication: Publication, *, domain: str = "") -> Language:
    """Return one of the publication's languages: the place's own, else what the mail says and shows.

    That is Content-Language (RFC 3282), unless the mail is written in another script: programs name the language of
    their menus there.  Else what was written, script first, then the letters in which neighbours differ; else the
    country of `domain`, where the asker's mailbox is; else the first that is left.
    """
    if place.tongue is not None:
        return place.tongue
    words = _words(own_words(message, publication))
    fitting = _of_script(words, publication.languages)
    for tag in message.header("content-language")[:1000].split(","):
        if (declared := _coded(tag.strip().lower().partition("-")[0], fitting)) is not None:
            return declared
    closest = _of_letters(words, fitting)
    return _coded(_spoken_at(domain), closest) or closest[0]


def _words(text: str) -> list[str]:
    found = (word.replace("'", "’").replace("ʼ", "’") for word in WORD.findall(text.lower()))
    return [_cyrillic(word) for word in found if word not in NO_LANGUAGE]


def _cyrillic(word: str) -> str:
    # Who has a Russian keyboard and writes Belarusian takes the Latin i.
    mixed = "i" in word and any(_script(char) == "CYRILLIC" for char in word)
    return word.replace("i", "і") if mixed else word


def _of_script(words: Sequence[str], languages: Sequence[Language]) -> Sequence[Language]:
    scripts = Counter(_script(char) for word in words for char in word if char != "’")
    if not scripts:
        return languages
    most = scripts.most_common(1)[0][0]
    return [language for language in languages if _script(language.autonym[0]) == most] or languages


def _of_letters(words: Sequence[str], languages: Sequence[Language]) -> Sequence[Language]:
    letters = Counter(char for word in words for char in word)
    strange = {language: _strange(letters, language) for language in languages}
    return [language for language in languages if strange[language] == min(strange.values())]


def _strange(letters: Mapping[str, int], language: Language) -> int:
    """Return how many letters are not of a language, as far as we know its alphabet."""
    known = ALPHABETS.get(language.code)
    return 0 if known is None else sum(times for char, times in letters.items() if char not in known)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _spoken_at(domain: str) -> str:
    top = domain.rpartition(".")[2].lower()
    likely = get_global("likely_subtags").get(f"und_{top.upper()}") or ""
    return DOMAINS.get(top) or likely.partition("_")[0]


def _coded(code: str, languages: Sequence[Language]) -> Language | None:
    return next((language for language in languages if language.code == code), None)
