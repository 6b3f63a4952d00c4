"""Answers to what people mail us: they go to the owner of the address alone, seldom, and unmask nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter import addresses, tokens
from newsletter.addresses import Address
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import asking_by_ref, discreet_is_asked
from newsletter.store.inquiry import note_facts
from newsletter.store.notes import owe_note
from newsletter.store.subscribers import subscriber_by_lookups, subscriber_by_ref
from newsletter.store.suppressions import complained


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """A note that answers a mail; `to` is that mail's Message-ID, or empty."""

    to: str = ""


def owe_answer(
    session: Session,
    keyring: Keyring,
    kind: NoteKind,
    to: Address,
    *,
    variant: Variant,
    tongue: Language,
    reply: Reply,
    facts: Mapping[str, str],
    per_day: int = 1,
    now: datetime,
) -> bool:
    """Owe an answer to the owner of an address that a From names; False after a complaint, or after enough today.

    Anybody can write under anybody's address: the answer must not give away who reads discreetly, or wants to.
    """
    lookups = keyring.lookups(to.canonical)
    if complained(session, lookups):
        return False
    reader = subscriber_by_lookups(session, lookups)
    hidden = variant is Variant.DISCREET or discreet_is_asked(session, lookups)
    if reader is not None:
        hidden = hidden or reader.variant is Variant.DISCREET
        if kind is NoteKind.WAY_OUT:
            facts = {**facts, "subscriber": reader.ref.hex(), "edition": reader.edition}
    return owe_note(
        session,
        keyring,
        kind,
        to,
        facts={**facts, "variant": (Variant.DISCREET if hidden else Variant.FULL).value},
        tongue=reader.tongue if reader is not None and kind is NoteKind.WAY_OUT else tongue.code,
        now=now,
        per_day=per_day,
        in_reply_to=reply.to,
        answers=True,
    )


def may_confirm(
    session: Session, keyring: Keyring, token: str, *, note: bytes, address: Address, now: datetime
) -> bool:
    """Say whether a reply may confirm an asking: it comes from the very address, and answers the note sent there.

    Raises
    ForeignToken
    """
    ref = tokens.read(keyring, tokens.Purpose.CONFIRM, token)
    asking = asking_by_ref(session, ref, now=now)
    if asking is None or asking.sealed is None or note_facts(session, note).get("asking") != ref.hex():
        return False
    return addresses.parse(keyring.open(asking.sealed, bound_to=asking.ref)).canonical == address.canonical


def tell_confirmed(
    session: Session, keyring: Keyring, ref: bytes, *, coming: bool, reply: Reply, now: datetime
) -> bool:
    """Owe who has just confirmed by mail a word that it worked, for there is no page to say so.

    `coming`: the newest digest is owed to them, too.
    """
    row = subscriber_by_ref(session, ref)
    if row is None:
        return False
    return owe_note(
        session,
        keyring,
        NoteKind.WELCOME,
        addresses.parse(keyring.open(row.sealed, bound_to=row.ref)),
        facts={
            "subscriber": ref.hex(),
            "edition": row.edition,
            "languages": row.languages,
            "variant": row.variant.value,
            **({"coming": "yes"} if coming else {}),
        },
        tongue=row.tongue,
        now=now,
        per_day=1,
        in_reply_to=reply.to,
        answers=True,
    )
