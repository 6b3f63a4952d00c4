"""Writing notes: each kind has a writer, which makes the letter out of facts; the address comes last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeAlias

from newsletter import messageids, tokens
from newsletter.digest import Digest, Variant
from newsletter.languages import Language
from newsletter.letters import (
    Addressee,
    Letter,
    Signers,
    reply_headers,
    write_help,
    write_latest,
    write_note,
    write_notice,
)
from newsletter.notes import NoteKind
from newsletter.publication import NoSuchEdition, Publication
from newsletter.sealing import Keyring
from newsletter.store.notes import OwedNote
from newsletter.store.notices import NOTE
from newsletter.tokens import Purpose
from newsletter.transport import Envelope

DigestOf: TypeAlias = Callable[[int], Digest | None]
"""Gives the digest of a row as it is frozen; None if it is not planned, or has been cancelled."""

NEWEST_KEPT = 16
"""Letters with the newest digest that one run keeps written: six in three languages, and then some."""


class DigestGone(Exception):  # nobody's error: it was cancelled after somebody had asked for it
    """A note was to hold a digest that is not to be sent any more."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What writers have before them.  `latest` writes the digest of an id in an edition's order and a variant."""

    publication: Publication
    keyring: Keyring
    latest: Callable[[int, str, str, Variant], Letter]


Writer: TypeAlias = Callable[[Desk, Mapping[str, str], Language], Letter]
"""Makes a letter of a note's facts, in the language given; the keyring is for the links in it."""

OPENS: Mapping[NoteKind, tuple[str, tuple[Purpose, ...]]] = {
    NoteKind.CONFIRM: ("asking", (Purpose.CONFIRM,)),
    NoteKind.STANDING: ("subscriber", (Purpose.PREFERENCES, Purpose.LEAVE)),
    NoteKind.ACCESS: ("asking", (Purpose.ACCESS,)),
    NoteKind.MOVE: ("asking", (Purpose.CONFIRM,)),
    NoteKind.MOVED: ("", ()),
    NoteKind.WELCOME: ("subscriber", (Purpose.PREFERENCES, Purpose.LEAVE)),
    NoteKind.WAY_OUT: ("subscriber", (Purpose.LEAVE,)),
    NoteKind.LATEST: ("", ()),
    NoteKind.HELP: ("", ()),
}
"""Of each kind: the fact that holds the `ref` its links name, and what they are for."""


def _notice(desk: Desk, facts: Mapping[str, str], tongue: Language) -> Letter:  # noqa: ARG001
    return write_notice(desk.publication, facts["notice"], {name: facts[name] for name in ("week", "text")})


def _note(kind: NoteKind, desk: Desk, facts: Mapping[str, str], tongue: Language) -> Letter:
    whose, purposes = OPENS[kind]
    if kind is NoteKind.WAY_OUT and whose not in facts:  # to somebody who is not subscribed
        purposes = ()
    links = {purpose: tokens.make(desk.keyring, purpose, bytes.fromhex(facts[whose])) for purpose in purposes}
    return write_note(desk.publication, kind, tongue, facts=facts, tokens=links)


def _latest(desk: Desk, facts: Mapping[str, str], tongue: Language) -> Letter:  # noqa: ARG001  # read as it is ordered
    variant = Variant.FULL if facts.get("variant") == Variant.FULL else Variant.DISCREET
    return desk.latest(int(facts["digest"]), facts.get("edition", ""), facts.get("languages", ""), variant)


def _help(desk: Desk, facts: Mapping[str, str], tongue: Language) -> Letter:
    return write_help(desk.publication, tongue, facts=facts)


WRITERS: dict[str, Writer] = {
    NOTE: _notice,
    **{kind: partial(_note, kind) for kind in NoteKind},
    NoteKind.LATEST: _latest,
    NoteKind.HELP: _help,
}
"""Who writes each kind of note.  A note of another kind (newer code owes it) is left to whoever can."""


class NoteWriting:
    """Makes envelopes of notes."""

    def __init__(self, publication: Publication, keyring: Keyring, signers: Signers, *, digest_of: DigestOf) -> None:
        self._publication = publication
        self._keyring = keyring
        self._signers = signers
        self._digest_of = digest_of
        self._desk = Desk(publication, keyring, lru_cache(NEWEST_KEPT)(self._latest))

    def envelope(self, note: OwedNote, *, now: datetime) -> Envelope:
        """Write and address a note.

        An answer to a mail has the null return path, so that nothing answers it (RFC 3834 section 3.3); another note to
        a reader has its own, by which a bounce names it; the operator's has the sender.

        Raises
        Unsealable: its address cannot be opened.
        DigestGone: it was to hold one that has been cancelled.
        """
        publication = self._publication
        to, _, in_reply_to = (publication.operator_email if note.is_operators else self._open(note)).partition("\n")
        known = {language.code: language for language in publication.languages}
        tongue = known.get(note.tongue or "", publication.languages[0])
        letter = WRITERS[note.kind](self._desk, note.facts, tongue)
        if in_reply_to:
            letter = replace(letter, headers=letter.headers + reply_headers(in_reply_to))
        addressee = Addressee(
            to=to,
            leave="",
            preferences="",
            message_id=messageids.message_id(self._keyring, messageids.NOTE, note.ref),
            date=note.first_at or now,
        )
        segments = self._signers.compile(letter).address(addressee)
        return Envelope(note.id, self._return_path(note, letter.sender), to, segments)

    def _open(self, note: OwedNote) -> str:
        return self._keyring.open(note.sealed_to or b"", bound_to=note.ref)

    def _return_path(self, note: OwedNote, sender: str) -> str:
        if note.is_operators:
            return sender
        return "" if note.facts.get("answers") == "yes" else tokens.return_path(self._keyring, note.ref, sender)

    def _latest(self, id: int, edition: str, languages: str, variant: Variant) -> Letter:
        digest = self._digest_of(id)
        if digest is None:
            raise DigestGone
        publication = self._publication
        chosen = next((one for one in publication.editions if one.code == edition), publication.editions[0])
        try:
            order = chosen.order(tuple(languages.split()))
        except NoSuchEdition:  # publication.toml has changed since it was asked for
            order = chosen.languages
        return write_latest(digest, publication, chosen, order, variant)
