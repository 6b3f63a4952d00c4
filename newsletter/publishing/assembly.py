"""Assembling: a week's commentaries become one digest in all languages; who reads it in which letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.digest import Digest, Variant, in_order
from newsletter.errors import OperatorError
from newsletter.languages import Language
from newsletter.publication import Edition, NoSuchEdition, Publication
from newsletter.store import Session
from newsletter.store.commentaries import commentaries_of
from newsletter.store.digests import DigestRow, DigestState, lock_digest
from newsletter.store.subscribers import Readership
from newsletter.weeks import Week


class AlreadyPlanned(OperatorError):
    """The digest is planned: what readers get is frozen."""


class NothingToSay(OperatorError):
    """The week has no commentary."""

    def __init__(self, week: Week) -> None:
        super().__init__(f"{week} has no commentaries; load them with: newsletter load PATH")


@dataclass(frozen=True, slots=True)
class Kind:
    """A letter to be written: an edition in an order of languages and a variant, and the readerships it serves."""

    edition: Edition
    order: tuple[Language, ...]
    variant: Variant
    readerships: tuple[Readership, ...] = ()

    @property
    def readers(self) -> int:
        """How many active subscribers want it."""
        return sum(readership.readers for readership in self.readerships)


def assemble(session: Session, publication: Publication, week: Week) -> Digest:
    """Assemble the week's digest and keep it; may be done again until it is planned.  Voids an approval.

    Raises
    AlreadyPlanned, NothingToSay
    """
    digest = compose(session, publication, week)
    row = lock_digest(session, week)
    if row.is_planned:
        raise AlreadyPlanned(f"{week}: the digest is {row.state} already, its content is frozen")
    row.content = digest.to_json()
    row.state = DigestState.ASSEMBLED
    session.flush()
    return digest


def compose(session: Session, publication: Publication, week: Week) -> Digest:
    """Return the digest of the week's commentaries as they stand now, and keep nothing.

    Raises
    NothingToSay
    """
    found = commentaries_of(session, week)
    if not found:
        raise NothingToSay(week)
    return in_order(week, found, [section.code for section in publication.sections])


def content_of(row: DigestRow) -> Digest | None:
    """Return what was assembled, or None."""
    return None if row.content is None else Digest.from_json(row.content)


def kinds_offered(publication: Publication, edition: Edition | None = None) -> list[Kind]:
    """Return every letter that the publication's editions offer, read by somebody or not."""
    return [
        Kind(one, order, variant)
        for one in publication.editions
        if edition is None or one == edition
        for order in one.orders
        for variant in Variant
    ]


def kinds_read(publication: Publication, readerships: Iterable[Readership]) -> tuple[list[Kind], list[Readership]]:
    """Return the letters that somebody reads; and readerships of an edition that the publication has no more.

    Readers who asked for an order that their edition no longer offers get its own order.
    """
    kinds: dict[tuple[str, tuple[Language, ...], Variant], Kind] = {}
    homeless: list[Readership] = []
    for readership in readerships:
        try:
            edition = publication.edition(readership.edition)
        except NoSuchEdition:
            homeless.append(readership)
            continue
        try:
            order = edition.order(tuple(readership.languages.split()))
        except NoSuchEdition:
            order = edition.languages
        key = (edition.code, order, readership.variant)
        before = kinds[key].readerships if key in kinds else ()
        kinds[key] = Kind(edition, order, readership.variant, (*before, readership))
    return list(kinds.values()), homeless
