"""Confirming: the owner of an address presses the button behind the link that was mailed there."""

from dataclasses import dataclass, field
from datetime import date, datetime

from newsletter import addresses, tokens
from newsletter.addresses import Address
from newsletter.digest import Variant
from newsletter.errors import ReaderError
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import (
    AskingKind,
    AskingRow,
    AskingState,
    asking_by_ref,
    asking_to_change,
    drop_askings,
)
from newsletter.store.choices import choose, keep_silent, subscriber_to_change
from newsletter.store.consents import Consent, add_consent
from newsletter.store.subscribers import SubscriberRow, add_subscribers
from newsletter.store.suppressions import complained, lift
from newsletter.subscribing.moving import move_there
from newsletter.subscribing.wish import sealed


class AddressTaken(ReaderError):
    """Somebody subscribed with the new address in the meantime."""

    def __init__(self) -> None:
        super().__init__("this address is subscribed already")


@dataclass(frozen=True, slots=True)
class Pending:
    """What a confirm link is about; never the address."""

    kind: AskingKind
    edition: str
    languages: tuple[str, ...]
    variant: Variant


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Whose wish was confirmed.  `released`: digests to be owed afresh, because the wish changed what was open.

    `first` says that it was done just now, and not at an earlier press.
    """

    ref: bytes
    kind: AskingKind
    released: list[int] = field(default_factory=list)
    first: bool = True


def pending(session: Session, keyring: Keyring, token: str, *, now: datetime) -> Pending | None:
    """Return what a confirm link asks for; None if its time is over, or it was forgotten.

    Raises
    ForeignToken
    """
    asking = asking_by_ref(session, tokens.read(keyring, tokens.Purpose.CONFIRM, token), now=now)
    if asking is None or asking.kind is AskingKind.ACCESS:
        return None
    return Pending(
        asking.kind, asking.edition or "", tuple((asking.languages or "").split()), asking.variant or Variant.FULL
    )


def confirm(session: Session, keyring: Keyring, token: str, *, now: datetime, today: date) -> Confirmed | None:
    """Do what a confirm link asks for, once; pressing again gives the same answer.  None: its time is over.

    Subscribes, writes the consent down and lifts a suppression (the owner has just said so); or changes what a
    subscriber reads, and wakes one who was silent or stopped; or moves one to this address.

    Raises
    ForeignToken
    AddressTaken: the address one wants to move to has a subscriber of its own by now.
    """
    asking = asking_to_change(session, tokens.read(keyring, tokens.Purpose.CONFIRM, token), now=now)
    if asking is None or asking.kind is AskingKind.ACCESS:
        return None
    if asking.sealed is None:
        row = subscriber_to_change(session, ref=asking.subscriber_ref)
        return None if row is None else Confirmed(row.ref, asking.kind, first=False)
    address = addresses.parse(keyring.open(asking.sealed, bound_to=asking.ref))
    lookups = keyring.lookups(address.canonical)
    moves = asking.kind is AskingKind.MOVE
    mover = subscriber_to_change(session, ref=asking.subscriber_ref) if moves else None
    found = subscriber_to_change(session, lookups=lookups)
    if complained(session, lookups) or (moves and mover is None):
        return None
    lift(session, lookups)
    if mover is not None:
        if found is not None and found.id != mover.id:
            raise AddressTaken
        row, released = mover, move_there(session, keyring, mover, address, now=now, today=today)
    else:
        row, released = _subscribe(session, keyring, asking, address, found, today=today)
    asking.state, asking.sealed, asking.subscriber_ref = AskingState.CONFIRMED, None, row.ref
    session.flush()
    # Who has moved here moves nowhere else by a link that was mailed before: its address may have been a slip.
    drop_askings(session, lookups, of=row.ref if moves else None, but=asking)
    return Confirmed(row.ref, asking.kind, released)


def _subscribe(
    session: Session,
    keyring: Keyring,
    asking: AskingRow,
    address: Address,
    found: SubscriberRow | None,
    *,
    today: date,
) -> tuple[SubscriberRow, list[int]]:
    edition, languages, variant = asking.edition or "", asking.languages or "", asking.variant or Variant.FULL
    released: list[int] = []
    if found is None:
        new = sealed(keyring, address, edition=edition, languages=languages, variant=variant, tongue=asking.tongue)
        add_subscribers(session, [new], today=today)
        found = subscriber_to_change(session, lookups=new.lookups)  # another link of theirs may have been first
        assert found is not None
    found.tongue = asking.tongue
    keep_silent(session, found, None)
    released = choose(session, found, edition, languages, variant)
    add_consent(session, found.id, Consent(asking.text_version, asking.tongue, asking.door), today=today)
    return found, released
