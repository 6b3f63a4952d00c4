"""Adding readers for whose consent an operator vouches."""

from collections.abc import Sequence
from datetime import date

from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.consents import add_vouched
from newsletter.store.subscribers import NewSubscriber, add_subscribers, subscribers_by_lookup
from newsletter.store.suppressions import suppressed
from newsletter.subscribing.consent import VOUCHED
from newsletter.subscribing.wish import Wish, sealed


def add(
    session: Session, keyring: Keyring, wishes: Sequence[Wish], *, today: date, door: str = "operator"
) -> list[bool]:
    """Make subscribers of those who are none yet; the operator vouches for their consent.

    Returns for each wish whether it was added: not who is there already, nor who left (an import never lifts that), nor
    an address that stands twice in `wishes`.
    """
    new = [_new(keyring, wish) for wish in wishes]
    once: dict[bytes, NewSubscriber] = {}
    for item in new:
        once.setdefault(item.lookup, item)
    added = add_subscribers(session, list(once.values()), today=today)
    add_vouched(session, added, text_version=VOUCHED, door=door, today=today)
    outcome: list[bool] = []
    for item in new:
        outcome.append(item.lookup in added)
        added.discard(item.lookup)
    return outcome


def count_left(session: Session, keyring: Keyring, wishes: Sequence[Wish]) -> int:
    """Count the wishes for addresses that are not to be written to: who left, mostly; at most some thousands."""
    every = [keyring.lookups(wish.address.canonical) for wish in wishes]
    gone = suppressed(session, [lookup for lookups in every for lookup in lookups])
    return sum(not gone.isdisjoint(lookups) for lookups in every)


def refs_of(session: Session, keyring: Keyring, wishes: Sequence[Wish]) -> list[bytes]:
    """Return the names (`ref`) of those who are subscribers under these addresses; at most some thousands."""
    lookups = [lookup for wish in wishes for lookup in keyring.lookups(wish.address.canonical)]
    return [subscriber.ref for subscriber in subscribers_by_lookup(session, lookups)]


def _new(keyring: Keyring, wish: Wish) -> NewSubscriber:
    return sealed(
        keyring,
        wish.address,
        edition=wish.edition.code,
        languages=wish.languages,
        variant=wish.variant,
        tongue=wish.order[0].code,
    )
