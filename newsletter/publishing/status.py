"""Where a week's digest stands: one account for the terminal, for programs, and for tests."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from newsletter.digest import Digest
from newsletter.languages import Language
from newsletter.letters import write
from newsletter.outcomes import State
from newsletter.publication import Publication
from newsletter.publishing.assembly import content_of, kinds_read
from newsletter.store import Session
from newsletter.store.deliveries import tally
from newsletter.store.digests import DigestState, digest_of
from newsletter.store.letters import letters_of
from newsletter.store.subscribers import readerships
from newsletter.weeks import Week


@dataclass(frozen=True, slots=True)
class Fallback:
    """A commentary shown in another language than the letter's first."""

    slug: str
    language: str


@dataclass(frozen=True, slots=True)
class LetterStatus:
    """One letter: for whom, how many get it and have it, its size in octets, what fell back, what was left out."""

    edition: str
    languages: tuple[str, ...]
    variant: str
    readers: int
    sent: int
    bytes_html: int
    fallbacks: tuple[Fallback, ...]
    omitted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A week's digest: its state, its deliveries counted, its letters (before planning: those to be written)."""

    week: Week
    state: DigestState
    planned: int
    counts: dict[State, int]
    letters: tuple[LetterStatus, ...]

    @property
    def balances(self) -> bool:
        """Nobody lost: what was planned is what there is."""
        return self.planned == sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        return {
            "week": str(self.week),
            "state": self.state.value,
            "planned": self.planned,
            **{state.value: count for state, count in self.counts.items()},
            "letters": [{key: value for key, value in asdict(one).items() if key != "sent"} for one in self.letters],
        }


def status(session: Session, publication: Publication, week: Week) -> Status:
    """Return where the week's digest stands; a week nobody has touched is `open`."""
    row = digest_of(session, week)
    if row is None:
        return Status(week, DigestState.OPEN, 0, dict.fromkeys(State, 0), ())
    counted = tally(session, row.id)
    digest = content_of(row)
    letters: list[LetterStatus] = []
    if digest is not None and row.is_planned:
        for letter in letters_of(session, row.id):
            order = tuple(Language(code) for code in letter.languages.split())
            size = len((letter.html or "").encode())
            counts = counted.letters.get(letter.id, {})
            letters.append(_letter(digest, letter.edition, order, letter.variant, counts, size))
    elif digest is not None:
        for kind in kinds_read(publication, readerships(session))[0]:
            size = write(digest, publication, kind.edition, kind.order, kind.variant).bytes_html
            counts = {State.QUEUED: kind.readers}
            letters.append(_letter(digest, kind.edition.code, kind.order, kind.variant, counts, size))
    return Status(week, row.state, counted.planned, counted.states, tuple(letters))


def _letter(
    digest: Digest, edition: str, order: tuple[Language, ...], variant: str, counts: Mapping[State, int], size: int
) -> LetterStatus:
    reading = digest.read_in(order)
    return LetterStatus(
        edition=edition,
        languages=tuple(language.code for language in order),
        variant=str(variant),
        readers=sum(counts.values()),
        sent=counts.get(State.SENT, 0),
        bytes_html=size,
        fallbacks=tuple(Fallback(entry.commentary.slug, entry.language.code) for entry in reading.fallbacks),
        omitted=tuple(commentary.slug for commentary in reading.omitted),
    )
