"""Moving: a reader's letters go to another address, once its owner says so; the old one is told."""

from datetime import date, datetime

from newsletter import addresses
from newsletter.addresses import Address
from newsletter.errors import ReaderError
from newsletter.notes import LIFE, NoteKind
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingKind, drop_askings
from newsletter.store.choices import move
from newsletter.store.note_retention import call_off
from newsletter.store.notes import owe_note
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.subscribing.asking import facts_of
from newsletter.subscribing.owner import owner_to_change
from newsletter.subscribing.wish import sealed, sealed_asking

MOVES_A_DAY = 3
"""The most words a day that an old address gets about moving."""


class SameAddress(ReaderError):
    """Letters go there already."""

    def __init__(self) -> None:
        super().__init__("this is the address that letters go to already")


def ask_move(session: Session, keyring: Keyring, token: str, to: Address, *, now: datetime) -> bool:
    """Write down that a reader wants letters at a new address; False if the access link is over.

    One row, whatever stands under that address, and the reader's own data show it all the same: whether somebody reads
    there shows nowhere but in the mail that `answer` owes it.

    Raises
    ForeignToken, SameAddress
    """
    found = owner_to_change(session, keyring, token, now=now)
    if found is None:
        return False
    asking, row = found
    if row.lookup in keyring.lookups(to.canonical):
        raise SameAddress
    wanted = sealed_asking(
        keyring,
        to,
        kind=AskingKind.MOVE,
        edition=row.edition,
        languages=row.languages,
        variant=row.variant,
        tongue=row.tongue,
        door=asking.door,
        expires_at=now + LIFE[NoteKind.MOVE],
    )
    wanted.subscriber_ref = row.ref
    session.add(wanted)
    session.flush()
    return True


def move_there(
    session: Session, keyring: Keyring, row: SubscriberRow, to: Address, *, now: datetime, today: date
) -> list[int]:
    """Move a locked subscriber and tell the old address; return the digests that are owed again.

    The old one is left like one that leaves: an import does not bring it back.
    """
    old = addresses.parse(keyring.open(row.sealed, bound_to=row.ref))
    lookups = keyring.lookups(old.canonical)
    suppress(session, row.lookup, SuppressionReason.LEFT, today=today)
    drop_askings(session, lookups)
    call_off(session, lookups)
    facts = facts_of(row)
    owe_note(session, keyring, NoteKind.MOVED, old, facts=facts, tongue=row.tongue, now=now, per_day=MOVES_A_DAY)
    new = sealed(
        keyring, to, edition=row.edition, languages=row.languages, variant=row.variant, tongue=row.tongue, ref=row.ref
    )
    return move(session, row, new)
