"""Leaving: everything about a reader goes, but a keyed entry that keeps an import from bringing them back."""

from datetime import date
from enum import IntEnum

from newsletter import addresses, tokens
from newsletter.notes import NoteKind
from newsletter.sealing import Keyring, Unsealable
from newsletter.store import Session
from newsletter.store.askings import AskingKind, askings_of, drop_askings
from newsletter.store.audit import forget_ref
from newsletter.store.bounces import forget_reports
from newsletter.store.choices import subscriber_to_change
from newsletter.store.note_retention import call_off, forget_notes
from newsletter.store.subscribers import SubscriberRow, delete_subscriber
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.store.tallies import count_one


class LeaveReason(IntEnum):
    """Why somebody leaves, if they care to say; only a number a month is kept."""

    TOO_MUCH = 1
    NOT_FOR_ME = 2
    LANGUAGE = 3
    UNSAFE = 4
    OTHER = 5


def leave(session: Session, keyring: Keyring, token: str, *, today: date, why: LeaveReason | None = None) -> bool:
    """Forget the subscriber whom a leave link names, keep a keyed suppression; False if there was none any more.

    Raises
    ForeignToken
    """
    subscriber = subscriber_to_change(session, ref=tokens.read(keyring, tokens.Purpose.LEAVE, token))
    if subscriber is None:
        return False
    forget(session, keyring, subscriber, SuppressionReason.LEFT, today=today)
    if why is not None:
        count_one(session, f"left:{why.name.lower().replace('_', '-')}", today=today)
    return True


def forget(
    session: Session, keyring: Keyring, subscriber: SubscriberRow, reason: SuppressionReason, *, today: date
) -> None:
    """Delete a locked subscriber, with consents, askings and what is still owed, in the transaction that is open.

    Who has everything erased is not even counted any more among those who were written to lately.
    """
    lookups = _lookups(keyring, subscriber)
    if askings := askings_of(session, lookups, subscriber.ref):
        call_off(session, [one.lookup for one in askings if one.kind is AskingKind.MOVE], kind=NoteKind.MOVE)
        drop_askings(session, lookups, of=subscriber.ref)
    suppress(session, subscriber.lookup, reason, today=today)
    call_off(session, lookups)
    if reason is SuppressionReason.ERASED:
        forget_notes(session, lookups)
    forget_ref(session, subscriber.ref.hex())
    forget_reports(session, subscriber.id)
    delete_subscriber(session, subscriber)


def _lookups(keyring: Keyring, subscriber: SubscriberRow) -> list[bytes]:
    try:
        address = addresses.parse(keyring.open(subscriber.sealed, bound_to=subscriber.ref))
    except Unsealable:  # a damaged row must not keep its reader here
        return [subscriber.lookup]
    return keyring.lookups(address.canonical)
