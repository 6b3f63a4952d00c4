"""What is done about each kind of thing that comes in: one function a kind, all of one shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import singledispatch

from newsletter import bouncing, publishing, subscribing
from newsletter.badnews import BounceReport, Complaint
from newsletter.bouncing import Judged
from newsletter.inbound import (
    Confirm,
    Help,
    Ignored,
    Join,
    Latest,
    Leave,
    Objection,
    Received,
    Source,
    Unclear,
    WayOut,
)
from newsletter.notes import NoteKind
from newsletter.receiving.desk import Desk
from newsletter.receiving.joining import confirm_and_welcome
from newsletter.receiving.wishes import wish_of
from newsletter.store import Session
from newsletter.store.received import Taken
from newsletter.subscribing import AddressTaken, Limits, Reply


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, in a word or two for the record.

    `keep`: the mail itself is kept for a while; `review`: a person should look at it.  `notes`, `letters`: something is
    owed now, so ring.  `judged`: somebody is to be judged by it.  `asks`: somebody was asked to confirm; `confirms`:
    somebody did.
    """

    what: str
    keep: bool = False
    review: bool = False
    notes: bool = False
    letters: bool = False
    judged: Judged | None = None
    asks: bool = False
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What a deed is done with: the open transaction, the row in hand, and when it is."""

    session: Session
    here: Desk
    taken: Taken
    now: datetime
    today: date


@singledispatch
def act(found: Received, case: Case) -> Deed:  # noqa: ARG001
    """Do what is called for, in the transaction that is open."""
    raise TypeError(f"nobody knows what to do about {type(found).__name__}")


@act.register
def _(found: Join, case: Case) -> Deed:
    here, asker = case.here, found.asker
    wish = wish_of(here.publication, asker)
    asking = subscribing.ask(case.session, here.keyring, wish, tongue=asker.tongue, door="mail", now=case.now)
    limits = Limits(here.settings.confirm_per_day, here.settings.confirm_per_month)
    reply = Reply(asker.message_id)
    kind = subscribing.answer(case.session, here.keyring, asking, limits=limits, now=case.now, reply=reply)
    return Deed("subscribe", notes=kind is not None, asks=kind is NoteKind.CONFIRM)


@act.register
def _(found: Confirm, case: Case) -> Deed:
    here, asker = case.here, found.asker
    if not subscribing.may_confirm(
        case.session, here.keyring, found.token, note=found.note, address=asker.address, now=case.now
    ):
        return Deed("confirm: not by its owner, or its time is over")
    try:
        done = confirm_and_welcome(
            case.session,
            here.publication,
            here.keyring,
            found.token,
            now=case.now,
            today=case.today,
            batch_size=here.settings.batch_size,
        )
    except AddressTaken:
        return Deed("confirm: the address is taken")
    if done is None or not done[0].first:
        return Deed("confirm: there is nothing to confirm any more")
    told = subscribing.tell_confirmed(
        case.session, here.keyring, done[0].ref, coming=done[1] > 0, reply=Reply(asker.message_id), now=case.now
    )
    return Deed("confirmed", notes=told, letters=done[1] > 0, confirms=True)


@act.register
def _(found: Objection, case: Case) -> Deed:
    here = case.here
    theirs = subscribing.may_confirm(
        case.session, here.keyring, found.token, note=found.note, address=found.asker.address, now=case.now
    )
    if not theirs or not subscribing.object_to(case.session, here.keyring, found.token, now=case.now):
        return Deed("objection: not by its owner, or its time is over")
    return Deed("objection: forgotten")


@act.register
def _(found: Leave, case: Case) -> Deed:
    left = subscribing.leave(case.session, case.here.keyring, found.token, today=case.today)
    return Deed("left" if left else "leave: gone already")


@act.register
def _(found: WayOut, case: Case) -> Deed:
    return _answered("unsubscribe", NoteKind.WAY_OUT, found, case)


@act.register
def _(found: Help, case: Case) -> Deed:
    return _answered("help", NoteKind.HELP, found, case)


@act.register
def _(found: Latest, case: Case) -> Deed:
    edition, order = case.here.publication.suggested(found.asker.tongue)
    digest_id = publishing.newest_for(case.session, order)
    if digest_id is None:  # nothing is out yet that could be read in it
        return _answered("latest: none", NoteKind.HELP, found, case)
    facts = {
        "digest": str(digest_id),
        "edition": edition.code,
        "languages": " ".join(language.code for language in order),
    }
    return _answered("latest", NoteKind.LATEST, found, case, facts, per_day=case.here.settings.latest_per_day)


@act.register
def _(found: BounceReport, case: Case) -> Deed:
    judged = bouncing.take_report(
        case.session,
        case.here.keyring,
        found,
        source=case.taken.source,
        is_signed=Source(case.taken.source).is_webhook,
        received_id=case.taken.id,
        now=case.now,
        today=case.today,
    )
    return Deed(f"bounce: {found.kind}", keep=judged is not None, judged=judged)


@act.register
def _(found: Complaint, case: Case) -> Deed:
    if not (found.suspect.is_proven or found.is_signed):
        return Deed("a complaint that shows nothing of ours: anybody could have written it", review=True)
    reader = bouncing.find(case.session, case.here.keyring, found.suspect, now=case.now)
    gone = subscribing.complained_of(case.session, case.here.keyring, found.suspect, reader, today=case.today)
    return Deed("complaint" if gone else "complaint: gone already")


@act.register
def _(found: Ignored, case: Case) -> Deed:  # noqa: ARG001
    return Deed(f"ignored: {found.why}")


@act.register
def _(found: Unclear, case: Case) -> Deed:  # noqa: ARG001
    return Deed(found.why, review=True)


def _answered(
    what: str,
    kind: NoteKind,
    found: WayOut | Help | Latest,
    case: Case,
    facts: Mapping[str, str] | None = None,
    *,
    per_day: int = 1,
) -> Deed:
    asker = found.asker
    owed = subscribing.owe_answer(
        case.session,
        case.here.keyring,
        kind,
        asker.address,
        variant=asker.variant,
        tongue=asker.tongue,
        reply=Reply(asker.message_id),
        facts=facts or {},
        per_day=per_day,
        now=case.now,
    )
    return Deed(what if owed else f"{what}: had enough today", notes=owed)
