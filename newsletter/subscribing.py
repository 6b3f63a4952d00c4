"""Subscribing: add, import, leave; one code path whichever door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsletter import tokens
from newsletter.addresses import Address
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Edition
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.subscribers import (
    NewSubscriber,
    add_subscribers,
    delete_subscriber,
    new_ref,
    subscriber_by_ref,
    subscribers_by_lookup,
)
from newsletter.store.suppressions import SuppressionReason, suppress


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to read, and where."""

    address: Address
    edition: Edition
    order: tuple[Language, ...]
    variant: Variant = Variant.FULL


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber reads."""

    edition: str
    languages: tuple[str, ...]
    variant: Variant


def add(session: Session, keyring: Keyring, wishes: Sequence[Wish], *, today: date) -> list[bool]:
    """Make subscribers of those who are none yet; the operator vouches for their consent.

    Returns for each wish whether it was added: not who is there already, nor who left (an import never lifts that), nor
    an address that stands twice in `wishes`.
    """
    new = [_sealed(keyring, wish) for wish in wishes]
    once: dict[bytes, NewSubscriber] = {}
    for item in new:
        once.setdefault(item.lookup, item)
    added = add_subscribers(session, list(once.values()), today=today)
    outcome: list[bool] = []
    for item in new:
        outcome.append(item.lookup in added)
        added.discard(item.lookup)
    return outcome


def refs_of(session: Session, keyring: Keyring, wishes: Sequence[Wish]) -> list[bytes]:
    """Return the names (`ref`) of those who are subscribers under these addresses; at most some thousands."""
    lookups = [lookup for wish in wishes for lookup in keyring.lookups(wish.address.canonical)]
    return [subscriber.ref for subscriber in subscribers_by_lookup(session, lookups)]


def _sealed(keyring: Keyring, wish: Wish) -> NewSubscriber:
    ref = new_ref()
    address = str(wish.address)
    domain_lookup = keyring.lookup(wish.address.domain)
    return NewSubscriber(
        ref=ref,
        lookup=keyring.lookup(wish.address.canonical),
        lookups=keyring.lookups(wish.address.canonical),
        sealed=keyring.seal(address, bound_to=ref),
        domain_lookup=domain_lookup,
        domain_sealed=keyring.seal(wish.address.domain, bound_to=domain_lookup),
        edition=wish.edition.code,
        languages=" ".join(language.code for language in wish.order),
        variant=wish.variant,
        tongue=wish.order[0].code,
    )


def leave(session: Session, keyring: Keyring, token: str, *, today: date) -> bool:
    """Forget the subscriber whom a leave link names, keep a keyed suppression; False if there was none any more.

    Raises
    ForeignToken
    """
    subscriber = subscriber_by_ref(session, tokens.read(keyring, tokens.Purpose.LEAVE, token))
    if subscriber is None:
        return False
    suppress(session, subscriber.lookup, SuppressionReason.LEFT, today=today)
    delete_subscriber(session, subscriber)
    return True


def preferences(session: Session, keyring: Keyring, token: str) -> Preferences | None:
    """Return what the subscriber whom a preferences link names reads; None if there is none any more.

    Raises
    ForeignToken
    """
    subscriber = subscriber_by_ref(session, tokens.read(keyring, tokens.Purpose.PREFERENCES, token))
    if subscriber is None:
        return None
    return Preferences(subscriber.edition, tuple(subscriber.languages.split()), subscriber.variant)
