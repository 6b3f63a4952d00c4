"""What an operator does for or about one reader, by address."""

from datetime import date
from typing import NamedTuple

from newsletter.addresses import Address
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import drop_askings
from newsletter.store.choices import keep_silent, stop, subscriber_to_change
from newsletter.store.note_retention import call_off, forget_notes
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.subscribing.leaving import forget

BY_OPERATOR = "operator"


def subscriber_at(session: Session, keyring: Keyring, address: Address) -> SubscriberRow | None:
    """Return the subscriber at an address, locked; None if there is none."""
    return subscriber_to_change(session, lookups=keyring.lookups(address.canonical))


def stop_address(session: Session, keyring: Keyring, address: Address) -> bytes | None:
    """Write to the subscriber at an address no more, and keep the row; return its `ref`, None if there is none."""
    row = subscriber_at(session, keyring, address)
    if row is None:
        return None
    stop(session, row, BY_OPERATOR)
    return row.ref


class Found(NamedTuple):
    """A subscriber, and how they stood before anything was done."""

    ref: bytes
    state: SubscriberState


def resume_address(session: Session, keyring: Keyring, address: Address) -> Found | None:
    """Write to the subscriber at an address again if they were stopped, from the next digest on; None: there is nobody.

    Silence that a reader asked for is not an operator's to end.  Who left is not here any more: their own sign-up alone
    brings them back.
    """
    row = subscriber_at(session, keyring, address)
    if row is None:
        return None
    found = Found(row.ref, row.state)
    if found.state is SubscriberState.STOPPED:
        keep_silent(session, row, None)
    return found


def silence_address(session: Session, keyring: Keyring, address: Address, until: date) -> None:
    """Send the subscriber at an address nothing until a day, as another list says that they asked for."""
    row = subscriber_at(session, keyring, address)
    if row is not None:
        keep_silent(session, row, until)


def erase_address(session: Session, keyring: Keyring, address: Address, *, today: date) -> bool:
    """Forget whatever is kept about an address but a keyed suppression; False if there was no subscriber."""
    row = subscriber_at(session, keyring, address)
    if row is not None:
        forget(session, keyring, row, SuppressionReason.ERASED, today=today)
    lookups = keyring.lookups(address.canonical)
    suppress(session, lookups[-1], SuppressionReason.ERASED, today=today)
    drop_askings(session, lookups)
    call_off(session, lookups)
    forget_notes(session, lookups)
    return row is not None
