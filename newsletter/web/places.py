"""Places: a page without its language, so that every page knows itself in all languages."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.languages import Language
from newsletter.publication import Publication


@dataclass(frozen=True, slots=True)
class Place:
    """One page in all its languages.

    `tail` is the path below the language ("" is the home page), `languages` are those it exists in, `above` is where
    a reader of another language is sent instead.
    """

    tail: str
    languages: tuple[Language, ...]
    above: "Place | None" = None

    def tail_in(self, language: Language) -> str:
        """Return the path below `language` of this page, or of the nearest one above that exists in it."""
        if language in self.languages or self.above is None:
            return self.tail
        return self.above.tail_in(language)


@dataclass(frozen=True, slots=True)
class Here:
    """Where one page stands, in one language: gives its template every link it needs."""

    publication: Publication
    language: Language
    place: Place

    def to(self, tail: str = "", language: Language | None = None) -> str:
        """Return the path of a page of ours, in this page's language unless another is named."""
        # A publication may live below a path of its host: https://example.org/week
        return f"{urlsplit(self.publication.base_url).path}/{language or self.language}/{tail}"

    @property
    def switch(self) -> list[tuple[Language, str]]:
        """Every language of the publication, and this page (or the nearest one above it) in that language."""
        return [(item, self.to(self.place.tail_in(item), item)) for item in self.publication.languages]

    @property
    def alternates(self) -> list[tuple[str, str]]:
        """What `hreflang` says: (code, address) of this page in each language it exists in, and the default."""
        base = self.publication.base_url
        there = [(item.code, f"{base}/{item}/{self.place.tail}") for item in self.place.languages]
        if not there:
            return []
        # The bare address picks a language by what the browser asks for; other pages have no such twin.
        default = there[0][1] if self.place.tail else f"{base}/"
        return [*there, ("x-default", default)]
