"""The digest: one week's commentaries as one object in all languages, and how an edition reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from newsletter.languages import Language
from newsletter.weeks import Week


class Outlook(StrEnum):
    """What a commentary says of its section's situation."""

    BETTER = "better"
    UNCHANGED = "unchanged"
    WORSE = "worse"


class Variant(StrEnum):
    """How a letter shows itself: full, or discreet (nothing in an inbox list names the publication; text only)."""

    FULL = "full"
    DISCREET = "discreet"


@dataclass(frozen=True, slots=True)
class Translation:
    """A commentary in one language.  `body` is Markdown; raw HTML in it is text."""

    headline: str
    standfirst: str
    body: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Commentary:
    """One commentary in all the languages it was written in.  `section` is None for a general one."""

    slug: str
    section: str | None
    position: int
    outlook: Outlook
    translations: Mapping[str, Translation]


@dataclass(frozen=True, slots=True)
class Entry:
    """A commentary as one edition shows it: in the first of its languages that there is a text for."""

    commentary: Commentary
    language: Language
    fallback: bool

    @property
    def text(self) -> Translation:
        """The translation shown."""
        return self.commentary.translations[self.language.code]


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the situation board: a section, and each outlook given of it this week, once."""

    section: str | None
    outlooks: tuple[Outlook, ...]


@dataclass(frozen=True)
class Reading:
    """A digest as read in one order of languages; what fell back, and what had to be left out."""

    week: Week
    languages: tuple[Language, ...]
    entries: tuple[Entry, ...]
    omitted: tuple[Commentary, ...]

    @cached_property
    def fallbacks(self) -> tuple[Entry, ...]:
        """Entries that are not in the first language."""
        return tuple(entry for entry in self.entries if entry.fallback)

    @cached_property
    def sections(self) -> tuple[tuple[str | None, tuple[Entry, ...]], ...]:
        """Entries by section, in the order of the digest."""
        found: dict[str | None, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.commentary.section, []).append(entry)
        return tuple((section, tuple(entries)) for section, entries in found.items())

    @cached_property
    def board(self) -> tuple[Mark, ...]:
        """The situation board."""
        return tuple(
            Mark(section, tuple(dict.fromkeys(entry.commentary.outlook for entry in entries)))
            for section, entries in self.sections
        )


@dataclass(frozen=True)
class Digest:
    """A week's commentaries in the order they are read: by section, the general ones last."""

    week: Week
    commentaries: tuple[Commentary, ...]

    def read_in(self, languages: Sequence[Language]) -> Reading:
        """Return the digest as an edition with that order of languages reads it."""
        entries: list[Entry] = []
        omitted: list[Commentary] = []
        for commentary in self.commentaries:
            written = [item for item in languages if item.code in commentary.translations]
            if written:
                entries.append(Entry(commentary, written[0], fallback=written[0] != languages[0]))
            else:
                omitted.append(commentary)
        return Reading(self.week, tuple(languages), tuple(entries), tuple(omitted))

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as they are frozen in the store."""
        content: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return content

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Digest":
        """Rebuild a frozen digest."""
        return _ADAPTER.validate_python(content)


_ADAPTER = TypeAdapter(Digest)


def in_order(week: Week, commentaries: Sequence[Commentary], sections: Sequence[str]) -> Digest:
    """Return the digest of `commentaries`, ordered by section, position and slug; general and unknown sections last."""
    rank = {code: place for place, code in enumerate(sections)}

    def key(item: Commentary) -> tuple[int, str, int, str]:
        return (rank.get(item.section or "", len(rank)), item.section or "", item.position, item.slug)

    return Digest(week, tuple(sorted(commentaries, key=key)))
