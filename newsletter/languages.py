"""Languages: codes, their own names, catalogues of words (gettext), and which one a visitor reads.

Catalogues are `newsletter/locale/<code>.po`; they are compiled in memory when first used, so no compiled file can be
older than its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from newsletter.errors import OperatorError

LOCALE = Path(__file__).parent / "locale"


class UnknownLanguage(OperatorError):
    """No catalogue of ours for this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no such language: {code[:20]!r}; there are catalogues for {', '.join(known())}")


@dataclass(frozen=True, slots=True, order=True)
class Language:
    """A language we have words for, by its code (`be`, never `be_BY`: gettext would look for that first).

    >>> Language("be").autonym
    'Беларуская'
    """

    code: str

    def __str__(self) -> str:
        return self.code

    @property
    def autonym(self) -> str:
        """The language's name in itself, with a capital."""
        name = Locale(self.code).get_display_name(self.code) or self.code
        return name[:1].upper() + name[1:]

    @property
    def words(self) -> GNUTranslations:
        """The catalogue: `gettext`, `ngettext`, `pgettext`, `npgettext`."""
        return _catalogue(self.code)


@cache
def known() -> tuple[str, ...]:
    """Return the codes of all languages that have a catalogue."""
    return tuple(sorted(path.stem for path in LOCALE.glob("*.po")))


def language(code: str) -> Language:
    """Return the language of that code.

    Raises
    UnknownLanguage: we have no catalogue for it.
    """
    if code not in known():
        raise UnknownLanguage(code)
    return Language(code)


@cache
def _catalogue(code: str) -> GNUTranslations:
    compiled = BytesIO()
    with (LOCALE / f"{code}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def negotiate(accept_language: str, offered: Sequence[Language]) -> Language:
    """Return the offered language that an `Accept-Language` header (RFC 9110, 12.5.4) likes best, else the first.

    >>> negotiate("pl, be-BY;q=0.8, en;q=0.9", [Language("be"), Language("en")]).code
    'en'
    """
    wanted: list[tuple[float, int, str]] = []
    for rank, item in enumerate(accept_language[:1000].split(",")):
        tag, _, quality = item.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality.strip() else 1.0
        except ValueError:
            continue
        if 0 < weight <= 1:
            wanted.append((-weight, rank, tag.strip().lower().partition("-")[0]))
    codes = {item.code: item for item in offered}
    for _, _, code in sorted(wanted):
        if code in codes:
            return codes[code]
    return offered[0]
