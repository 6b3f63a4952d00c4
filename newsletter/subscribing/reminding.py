"""The mail with a confirm link once more, because it got lost and its owner told an operator so."""

from datetime import datetime
from enum import Enum

from newsletter import addresses
from newsletter.addresses import Address
from newsletter.notes import LIFE, NoteKind
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingState, discreet_is_asked
from newsletter.store.inquiry import asking_to_remind_of
from newsletter.store.subscribers import subscriber_by_lookups
from newsletter.subscribing.asking import Limits, owe_bomb, reply_to

VOUCHED_FOR = Limits(per_day=1000, per_month=1000)
"""Limits keep strangers from having us write to somebody; an operator is no stranger."""


class Reminded(Enum):
    """What came of it."""

    OWED = "owed"
    NOTHING_ASKED = "nothing asked"  # nobody asked with this address, or it was confirmed, or its time is over
    COMPLAINED = "complained"  # its owner reported us: nothing is sent there, whoever vouches


def remind(session: Session, keyring: Keyring, address: Address, *, now: datetime) -> tuple[Reminded, bytes | None]:
    """Owe the mail with the confirm link of the newest asking under an address again, whatever was sent there already.

    Returns what came of it, and the asking's `ref`.  The link is the same one; it lives as long as the new mail says.
    """
    lookups = keyring.lookups(address.canonical)
    asking = asking_to_remind_of(session, lookups, now=now)
    if asking is None or asking.sealed is None:
        return Reminded.NOTHING_ASKED, None
    subscriber = subscriber_by_lookups(session, lookups)
    kind, facts = reply_to(asking, subscriber, discreetly=discreet_is_asked(session, lookups))
    if kind is not NoteKind.CONFIRM:  # subscribed to just this by now
        return Reminded.NOTHING_ASKED, None
    to = addresses.parse(keyring.open(asking.sealed, bound_to=asking.ref))
    if not owe_bomb(session, keyring, kind, to, facts=facts, tongue=asking.tongue, limits=VOUCHED_FOR, now=now):
        return Reminded.COMPLAINED, None
    asking.state, asking.expires_at = AskingState.ANSWERED, now + LIFE[kind]
    session.flush()
    return Reminded.OWED, asking.ref
