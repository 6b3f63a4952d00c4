"""Addresses that another list says are not to be written to: nobody on it is, reader or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from newsletter.addresses import Address
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.choices import subscriber_to_change
from newsletter.store.subscribers import SubscriberRow, subscribers_by_lookup
from newsletter.store.suppressions import SuppressionReason, suppress_all, suppressed
from newsletter.subscribing.leaving import forget


@dataclass(frozen=True, slots=True)
class Suppressed:
    """How many addresses are suppressed now that were not, and how many readers went with that."""

    new: int = 0
    readers: int = 0

    def __add__(self, other: "Suppressed") -> "Suppressed":
        return Suppressed(self.new + other.new, self.readers + other.readers)


def readers_among(session: Session, keyring: Keyring, found: Sequence[Address]) -> set[bytes]:
    """Return the names (`ref`) of those who read here at these addresses; at most some thousands."""
    return {row.ref for row in _readers(session, keyring, found)}


def suppress_addresses(session: Session, keyring: Keyring, found: Sequence[Address], *, today: date) -> Suppressed:
    """Write to none of these addresses (some thousands at most) from now on: an earlier list says that they left.

    Who reads here is forgotten, as if they had left.  Who is suppressed already stays so, for the first reason.
    """
    readers = 0
    for one in _readers(session, keyring, found):
        row = subscriber_to_change(session, ref=one.ref)
        if row is not None:
            forget(session, keyring, row, SuppressionReason.IMPORTED, today=today)
            readers += 1
    every = {address.canonical: keyring.lookups(address.canonical) for address in found}
    known = suppressed(session, [lookup for lookups in every.values() for lookup in lookups])
    new = [lookups[-1] for lookups in every.values() if known.isdisjoint(lookups)]
    return Suppressed(suppress_all(session, new, SuppressionReason.IMPORTED, today=today) + readers, readers)


def _readers(session: Session, keyring: Keyring, found: Sequence[Address]) -> list[SubscriberRow]:
    lookups = [lookup for address in found for lookup in keyring.lookups(address.canonical)]
    return sorted(subscribers_by_lookup(session, lookups), key=attrgetter("id"))  # the order in which others lock
