"""Changing what one reads, from the link in a letter: edition, order, variant, silence until a day."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from newsletter import tokens
from newsletter.digest import Variant
from newsletter.errors import ReaderError
from newsletter.languages import Language
from newsletter.publication import Edition
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.choices import choose, keep_silent, release, subscriber_to_change
from newsletter.store.subscribers import SubscriberRow, SubscriberState, subscriber_by_ref

LONGEST_SILENCE = timedelta(days=366)


class BadDate(ReaderError):
    """Silence until that day makes no sense: it is over, or further away than a year."""

    def __init__(self) -> None:
        super().__init__("wants a day from tomorrow on, within a year")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber reads, and until when nothing is to come; never the address, for letters are forwarded."""

    edition: str
    languages: tuple[str, ...]
    variant: Variant
    paused_until: date | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """Who changed something.  `released`: digests to be owed afresh, in another letter."""

    ref: bytes
    released: list[int] = field(default_factory=list)


def preferences(session: Session, keyring: Keyring, token: str) -> Preferences | None:
    """Return what the subscriber whom a preferences link names reads; None if there is none any more.

    Raises
    ForeignToken
    """
    subscriber = subscriber_by_ref(session, tokens.read(keyring, tokens.Purpose.PREFERENCES, token))
    return None if subscriber is None else preferences_of(subscriber)


def preferences_of(subscriber: SubscriberRow) -> Preferences:
    """Return what a subscriber reads."""
    return Preferences(
        subscriber.edition,
        tuple(subscriber.languages.split()),
        subscriber.variant,
        subscriber.paused_until,
        subscriber.state is SubscriberState.STOPPED,
    )


def change(
    session: Session,
    keyring: Keyring,
    token: str,
    *,
    edition: Edition,
    order: tuple[Language, ...],
    variant: Variant,
    silent_until: date | None,
    today: date,
) -> Changed | None:
    """Change what the subscriber whom a preferences link names reads; None if there is none any more.

    A stopped one stays stopped: letters came back from there, and only a fresh opt-in shows that they would not now.

    Raises
    ForeignToken
    BadDate: `silent_until` is not within a year from tomorrow.
    """
    ref = tokens.read(keyring, tokens.Purpose.PREFERENCES, token)
    if silent_until is not None and not today < silent_until <= today + LONGEST_SILENCE:
        raise BadDate
    row = subscriber_to_change(session, ref=ref)
    if row is None:
        return None
    languages = " ".join(item.code for item in order)
    was_silent = row.state is SubscriberState.PAUSED
    if row.state is not SubscriberState.STOPPED:
        keep_silent(session, row, silent_until)
    released = choose(session, row, edition.code, languages, variant)
    if was_silent and not released:  # the choice may have been changed while nothing was to be sent
        released = release(session, row)
    return Changed(ref, released)
