"""Complaints: who calls a mail of ours spam is gone at once, and nothing is ever sent there unasked."""

from collections.abc import Sequence
from datetime import date

from newsletter.badnews import Suspect
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import drop_askings
from newsletter.store.choices import subscriber_to_change
from newsletter.store.inquiry import note_lookup
from newsletter.store.note_retention import call_off
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.subscribing.leaving import forget


def complained_of(
    session: Session, keyring: Keyring, suspect: Suspect, reader: SubscriberRow | None, *, today: date
) -> bool:
    """Let a reader (locked) go whose mail was called spam; or, if it was a note, whoever it went to.

    False if nobody is left whom it could be about.
    """
    if reader is not None:
        forget(session, keyring, reader, SuppressionReason.COMPLAINT, today=today)
        return True
    lookups = _lookups(session, keyring, suspect)
    if not lookups:
        return False
    if (found := subscriber_to_change(session, lookups=lookups)) is not None:  # it was a note to somebody who reads
        forget(session, keyring, found, SuppressionReason.COMPLAINT, today=today)
        return True
    suppress(session, lookups[-1], SuppressionReason.COMPLAINT, today=today)
    drop_askings(session, lookups)
    call_off(session, lookups)
    return True


def _lookups(session: Session, keyring: Keyring, suspect: Suspect) -> Sequence[bytes]:
    note = None if suspect.whose is None else note_lookup(session, suspect.whose)
    if note is not None:
        return [note]
    return [] if suspect.address is None else keyring.lookups(suspect.address.canonical)
