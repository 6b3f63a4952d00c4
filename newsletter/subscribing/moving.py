"""Moving: a reader's letters go to another address, once its owner says so; the old one is told."""

from datetime import datetime

from newsletter import addresses
from newsletter.addresses import Address
from newsletter.errors import ReaderError
from newsletter.notes import LIFE, NoteKind
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingKind, AskingRow, AskingState, drop_askings
from newsletter.store.choices import move
from newsletter.store.note_retention import call_off
from newsletter.store.notes import owe_note
from newsletter.store.subscribers import SubscriberRow, new_ref, subscribers_by_lookup
from newsletter.subscribing.asking import Limits, facts_of, owe_bomb
from newsletter.subscribing.consent import CONSENT
from newsletter.subscribing.owner import owner_to_change
from newsletter.subscribing.wish import sealed

MOVES_A_DAY = 3
"""The most words a day that an old address gets about moving."""


class SameAddress(ReaderError):
    """Letters go there already."""

    def __init__(self) -> None:
        super().__init__("this is the address that letters go to already")


def ask_move(session: Session, keyring: Keyring, token: str, to: Address, *, limits: Limits, now: datetime) -> bool:
    """Ask the owner of a new address whether letters are to come there; False if the access link is over.

    Whether the new address is somebody's already shows nowhere but in the mail it gets.

    Raises
    ForeignToken, SameAddress
    """
    found = owner_to_change(session, keyring, token, now=now)
    if found is None:
        return False
    asking, row = found
    lookups = keyring.lookups(to.canonical)
    if row.lookup in lookups:
        raise SameAddress
    other = next(iter(subscribers_by_lookup(session, lookups)), None)
    if other is not None:
        facts = facts_of(other) | {"subscriber": other.ref.hex()}
        owe_bomb(session, keyring, NoteKind.STANDING, to, facts=facts, tongue=other.tongue, limits=limits, now=now)
        return True
    ref = new_ref()
    facts = facts_of(row) | {"asking": ref.hex()}
    if owe_bomb(session, keyring, NoteKind.MOVE, to, facts=facts, tongue=row.tongue, limits=limits, now=now):
        session.add(
            AskingRow(
                ref=ref,
                kind=AskingKind.MOVE,
                state=AskingState.ANSWERED,
                lookup=keyring.lookup(to.canonical),
                sealed=keyring.seal(str(to), bound_to=ref),
                subscriber_ref=row.ref,
                edition=row.edition,
                languages=row.languages,
                variant=row.variant,
                tongue=row.tongue,
                door=asking.door,
                text_version=CONSENT,
                expires_at=now + LIFE[NoteKind.MOVE],
            )
        )
        session.flush()
    return True


def move_there(session: Session, keyring: Keyring, row: SubscriberRow, to: Address, *, now: datetime) -> list[int]:
    """Move a locked subscriber and tell the old address; return the digests that are owed again."""
    old = addresses.parse(keyring.open(row.sealed, bound_to=row.ref))
    lookups = keyring.lookups(old.canonical)
    drop_askings(session, lookups)
    call_off(session, lookups)
    facts = facts_of(row)
    owe_note(session, keyring, NoteKind.MOVED, old, facts=facts, tongue=row.tongue, now=now, per_day=MOVES_A_DAY)
    new = sealed(
        keyring, to, edition=row.edition, languages=row.languages, variant=row.variant, tongue=row.tongue, ref=row.ref
    )
    return move(session, row, new)
