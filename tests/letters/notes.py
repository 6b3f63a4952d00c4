"""Every kind of note that readers get, with made-up tokens: for golden files and for tests of the room."""

from collections.abc import Iterator, Mapping

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.letters import Letter, write_note
from newsletter.notes import NoteKind
from newsletter.publication import Publication
from newsletter.tokens import Purpose

TOKENS: Mapping[str, Mapping[Purpose, str]] = {
    "confirm": {Purpose.CONFIRM: "c0" * 25},
    "confirm-known": {Purpose.CONFIRM: "c1" * 25},
    "standing": {Purpose.PREFERENCES: "9f" * 25, Purpose.LEAVE: "1e" * 25},
    "access": {Purpose.ACCESS: "a2" * 25},
    "move": {Purpose.CONFIRM: "c3" * 25},
    "moved": {},
}
"""What there is, by the name of its golden files: each kind, and the one that knows its reader already."""


def note(
    publication: Publication, name: str, language: Language, variant: Variant = Variant.FULL, **facts: str
) -> Letter:
    """Return the note of that name, about `be-ru` in its own order unless the facts say something else."""
    known = {"known": "yes", "languages": "ru be"} if name == "confirm-known" else {}
    chosen = {"edition": "be-ru", "languages": "be ru", "variant": variant.value}
    return write_note(publication, kind_of(name), language, facts=chosen | known | facts, tokens=TOKENS[name])


def kind_of(name: str) -> NoteKind:
    """Return the kind of the note of that name."""
    return NoteKind(name.partition("-")[0])


def notes(publication: Publication) -> Iterator[tuple[str, Letter]]:
    """Give every note in each language and variant, with its name."""
    for name in TOKENS:
        for language in publication.languages:
            for variant in Variant:
                yield f"note-{name}-{language}-{variant}", note(publication, name, language, variant)
