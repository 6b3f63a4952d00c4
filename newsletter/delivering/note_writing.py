"""Writing notes: each kind has a writer, which makes the letter out of facts; the address comes last."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeAlias

from newsletter import tokens
from newsletter.languages import Language
from newsletter.letters import Addressee, Letter, Signers, write_note, write_notice
from newsletter.notes import NoteKind
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.store.notes import OwedNote
from newsletter.store.notices import NOTE
from newsletter.tokens import Purpose
from newsletter.transport import Envelope

Writer: TypeAlias = Callable[[Publication, Keyring, Mapping[str, str], Language], Letter]
"""Makes a letter of a note's facts, in the language given; the keyring is for the links in it."""

OPENS: Mapping[NoteKind, tuple[str, tuple[Purpose, ...]]] = {
    NoteKind.CONFIRM: ("asking", (Purpose.CONFIRM,)),
    NoteKind.STANDING: ("subscriber", (Purpose.PREFERENCES, Purpose.LEAVE)),
    NoteKind.ACCESS: ("asking", (Purpose.ACCESS,)),
    NoteKind.MOVE: ("asking", (Purpose.CONFIRM,)),
    NoteKind.MOVED: ("", ()),
}
"""Of each kind: the fact that holds the `ref` its links name, and what they are for."""


def _notice(publication: Publication, keyring: Keyring, facts: Mapping[str, str], tongue: Language) -> Letter:  # noqa: ARG001
    return write_notice(publication, facts["notice"], {name: facts[name] for name in ("week", "text")})


def _note(
    kind: NoteKind, publication: Publication, keyring: Keyring, facts: Mapping[str, str], tongue: Language
) -> Letter:
    whose, purposes = OPENS[kind]
    links = {purpose: tokens.make(keyring, purpose, bytes.fromhex(facts[whose])) for purpose in purposes}
    return write_note(publication, kind, tongue, facts=facts, tokens=links)


WRITERS: dict[str, Writer] = {NOTE: _notice, **{kind: partial(_note, kind) for kind in NoteKind}}
"""Who writes each kind of note.  A note of another kind (newer code owes it) is left to whoever can."""


class NoteWriting:
    """Makes envelopes of notes."""

    def __init__(self, publication: Publication, keyring: Keyring, signers: Signers) -> None:
        self._publication = publication
        self._keyring = keyring
        self._signers = signers

    def envelope(self, note: OwedNote, *, now: datetime) -> Envelope:
        """Write and address a note.

        Raises
        Unsealable: its address cannot be opened.
        """
        publication = self._publication
        to = publication.operator_email if note.is_operators else self._open(note)
        known = {language.code: language for language in publication.languages}
        tongue = known.get(note.tongue or "", publication.languages[0])
        letter = WRITERS[note.kind](publication, self._keyring, note.facts, tongue)
        addressee = Addressee(
            to=to,
            leave="",
            preferences="",
            message_id=tokens.message_id(self._keyring, "note", note.ref, 0),
            date=note.first_at or now,
        )
        return Envelope(note.id, letter.sender, to, self._signers.compile(letter).address(addressee))

    def _open(self, note: OwedNote) -> str:
        return self._keyring.open(note.sealed_to or b"", bound_to=note.ref)
