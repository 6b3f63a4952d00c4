"""Asking: anybody may ask for letters at any address; only its owner hears of it, and seldom.

Two steps.  The door writes one row, whatever stands under the address, so that nobody learns from its answer.  A task
looks at the row later and owes the mail that is due, if one is.
"""

from dataclasses import dataclass
from datetime import datetime

from newsletter import addresses
from newsletter.addresses import Address
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.notes import LIFE, NoteKind
from newsletter.sealing import Keyring, Unsealable
from newsletter.store import Session
from newsletter.store.askings import (
    AskingKind,
    AskingRow,
    AskingState,
    asking_to_answer,
    discreet_is_asked,
    drop_asking,
)
from newsletter.store.notes import owe_note
from newsletter.store.subscribers import SubscriberRow, SubscriberState, subscriber_by_lookups
from newsletter.store.suppressions import complained
from newsletter.subscribing.answering import Reply
from newsletter.subscribing.wish import Wish, sealed_asking

ASKING_DAYS = LIFE[NoteKind.CONFIRM].days
"""Days that an asking is kept, and its link good for."""

BOMBS = (NoteKind.CONFIRM, NoteKind.STANDING, NoteKind.MOVE)
"""Notes that anybody can have us send to anybody: together they are counted and kept few."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most notes of that kind that one address is sent: in a day (UTC), and in 30 days."""

    per_day: int = 1
    per_month: int = 3


def ask(session: Session, keyring: Keyring, wish: Wish, *, tongue: Language, door: str, now: datetime) -> int:
    """Write down that somebody wants letters at an address; return the row's id, for the task that answers."""
    row = sealed_asking(
        keyring,
        wish.address,
        kind=AskingKind.SUBSCRIBE,
        edition=wish.edition.code,
        languages=wish.languages,
        variant=wish.variant,
        tongue=tongue.code,
        door=door,
        expires_at=now + LIFE[NoteKind.CONFIRM],
    )
    session.add(row)
    session.flush()
    return row.id


def answer(
    session: Session,
    keyring: Keyring,
    asking_id: int,
    *,
    limits: Limits,
    now: datetime,
    reply: Reply | None = None,
) -> NoteKind | None:
    """Owe the owner of the address the mail that an asking calls for; return its kind, or None.

    `reply`: it was asked for by mail, so the note is an answer.

    A link to confirm it; or a word that the subscription stands already.  Nothing after a complaint, nor beyond the
    limits: then the asking is forgotten at once, for no link leads to it.
    """
    asking = asking_to_answer(session, asking_id)
    if asking is None or asking.sealed is None:
        return None
    try:
        to = addresses.parse(keyring.open(asking.sealed, bound_to=asking.ref))
    except Unsealable:  # one damaged row: whoever it was asks again
        drop_asking(session, asking)
        return None
    lookups = keyring.lookups(to.canonical)
    subscriber = subscriber_by_lookups(session, lookups)
    kind, facts = reply_to(asking, subscriber, discreetly=discreet_is_asked(session, lookups))
    asking.state = AskingState.ANSWERED
    tongue = subscriber.tongue if subscriber and kind is NoteKind.STANDING else asking.tongue
    owed = owe_bomb(session, keyring, kind, to, facts=facts, tongue=tongue, limits=limits, now=now, reply=reply)
    # One who moves sees what they asked for among their data, whatever has come of it.
    if asking.kind is AskingKind.SUBSCRIBE and not (owed and kind is NoteKind.CONFIRM):
        drop_asking(session, asking)
    return kind if owed else None


def owe_bomb(
    session: Session,
    keyring: Keyring,
    kind: NoteKind,
    to: Address,
    *,
    facts: dict[str, str],
    tongue: str,
    limits: Limits,
    now: datetime,
    reply: Reply | None = None,
) -> bool:
    """Owe a note to an address that somebody typed, unless its owner has had enough of them; return whether it is."""
    if complained(session, keyring.lookups(to.canonical)):
        return False
    return owe_note(
        session,
        keyring,
        kind,
        to,
        facts=facts,
        tongue=tongue,
        now=now,
        per_day=limits.per_day,
        per_month=limits.per_month,
        among=BOMBS,
        in_reply_to=reply.to if reply else "",
        answers=reply is not None,
    )


def reply_to(
    asking: AskingRow, subscriber: SubscriberRow | None, *, discreetly: bool
) -> tuple[NoteKind, dict[str, str]]:
    """Return which note answers an asking, and its facts; `discreetly`: an asking there wants discreet letters.

    Anybody may ask with anybody's address: the mail that follows must not give away who reads discreetly, or wants to.
    """
    asked, link = facts_of(asking), {"asking": asking.ref.hex()}
    hidden = discreetly or Variant.DISCREET in (asking.variant, subscriber and subscriber.variant)
    seen = {"variant": (Variant.DISCREET if hidden else Variant.FULL).value, "wanted": asked["variant"]}
    if asking.kind is AskingKind.MOVE and subscriber is None:
        return NoteKind.MOVE, asked | link
    if subscriber is None or subscriber.state is SubscriberState.STOPPED:
        return NoteKind.CONFIRM, asked | seen | link
    if asking.kind is AskingKind.MOVE or (subscriber.state is SubscriberState.ACTIVE and asked == facts_of(subscriber)):
        return NoteKind.STANDING, facts_of(subscriber) | {"subscriber": subscriber.ref.hex()}
    return NoteKind.CONFIRM, asked | seen | link | {"known": "yes"}


def facts_of(row: AskingRow | SubscriberRow) -> dict[str, str]:
    """Return what a note says of letters: edition, languages, variant."""
    return {"edition": row.edition or "", "languages": row.languages or "", "variant": str(row.variant or "")}
