"""Every kind of note that readers get, with made-up tokens: for golden files and for tests of the room."""

from collections.abc import Iterator, Mapping

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.letters import Letter, write_help, write_note
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
    "welcome": {Purpose.PREFERENCES: "9f" * 25, Purpose.LEAVE: "1e" * 25},
    "way-out": {Purpose.LEAVE: "1e" * 25},
    "way-out-unknown": {},
    "confirm-reply": {Purpose.CONFIRM: "c4" * 25},
    "help": {},
}
"""What there is, by the name of its golden files: each kind, and what varies it.

`confirm-known` knows its reader already, `way-out-unknown` knows none; `confirm-reply` is that of a publication that
reads mail, to somebody who asked by mail and so saw no form.  `latest` holds a digest, and is with the letters.
"""


def note(
    publication: Publication, name: str, language: Language, variant: Variant = Variant.FULL, **facts: str
) -> Letter:
    """Return the note of that name, about `be-ru` in its own order unless the facts say something else."""
    known = {"known": "yes", "languages": "ru be"} if name == "confirm-known" else {}
    chosen = {"edition": "be-ru", "languages": "be ru", "variant": variant.value} | known | facts
    return written(publication, name, language, chosen)


def written(publication: Publication, name: str, language: Language, facts: Mapping[str, str]) -> Letter:
    """Return the note of that name, of just these facts."""
    if name == "confirm-reply":
        facts = {"answers": "yes", **facts}
        publication = publication.model_copy(update={"mail_in": True})
    kind = kind_of(name)
    if kind is NoteKind.HELP:
        return write_help(publication, language, facts=facts)
    return write_note(publication, kind, language, facts=facts, tokens=TOKENS[name])


def kind_of(name: str) -> NoteKind:
    """Return the kind of the note of that name."""
    return next(kind for kind in NoteKind if f"{name}-".startswith(f"{kind}-"))


def notes(publication: Publication) -> Iterator[tuple[str, Letter]]:
    """Give every note in each language and variant, with its name."""
    for name in TOKENS:
        for language in publication.languages:
            for variant in Variant:
                yield f"note-{name}-{language}-{variant}", note(publication, name, language, variant)
