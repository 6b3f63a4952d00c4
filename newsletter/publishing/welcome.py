"""The welcome: who joins is owed the newest planned digest at once, once."""

from collections.abc import Collection
from datetime import datetime

from newsletter.publication import Publication
from newsletter.publishing.assembly import content_of, kinds_read
from newsletter.publishing.holding import reopen
from newsletter.publishing.planning import letter_chosen, letter_for
from newsletter.store import Session
from newsletter.store.digests import DigestRow, newest_planned, planned_digests
from newsletter.store.owing import owe_in, unsure_ids
from newsletter.store.planning import Share, lock_plans, newcomers, plan_share
from newsletter.store.subscribers import subscriber_by_ref

WAVE = "welcome"


def welcome(
    session: Session, publication: Publication, refs: Collection[bytes], *, now: datetime, batch_size: int
) -> int:
    """Owe the newest planned digest to those of these subscribers who have none of it; return how many.

    `refs`: at most some thousands.  The newest is that of the last week being sent, paused or sent; nothing is owed if
    there is none, or if it has nothing in a reader's languages.  Ring after the commit.

    Planners take turns, from here on until the transaction ends: whoever comes while the next digest is planned gets
    that one, from there or from here.
    """
    lock_plans(session)
    row = newest_planned(session)
    return 0 if row is None else _owe(session, publication, row, refs, now=now, batch_size=batch_size)


def owe_afresh(
    session: Session,
    publication: Publication,
    digest_ids: Collection[int],
    ref: bytes,
    *,
    now: datetime,
    batch_size: int,
) -> int:
    """Owe a subscriber digests in the letter that is right now that the choice has changed; return how many.

    `digest_ids`: what was released.  What is on the wire or in doubt is not owed again; but if it comes to that, it is
    sent again in the right letter.
    """
    lock_plans(session)
    owed = 0
    for row in planned_digests(session, digest_ids):
        owed += _owe(session, publication, row, [ref], now=now, batch_size=batch_size)
        _turn(session, publication, row, ref)
    return owed


def _turn(session: Session, publication: Publication, row: DigestRow, ref: bytes) -> None:
    unsure, reader = unsure_ids(session, row.id, ref), subscriber_by_ref(session, ref)
    if unsure and reader is not None:
        letter_id = letter_chosen(session, publication, row, reader)
        if letter_id is not None:
            owe_in(session, letter_id, *unsure)


def _owe(
    session: Session,
    publication: Publication,
    row: DigestRow,
    refs: Collection[bytes],
    *,
    now: datetime,
    batch_size: int,
) -> int:
    digest = content_of(row)
    if digest is None:
        return 0
    owed = 0
    for kind in kinds_read(publication, newcomers(session, row.id, refs))[0]:
        if digest.read_in(kind.order).entries:
            letter = letter_for(session, publication, row, digest, kind)
            for readership in kind.readerships:
                share = Share(letter.id, readership)
                owed += plan_share(session, row.id, share, now=now, batch_size=batch_size, wave=WAVE, only=refs)
    if owed:
        reopen(row)
    return owed
