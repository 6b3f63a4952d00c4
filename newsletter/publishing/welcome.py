"""The welcome: who joins is owed the newest planned digest at once, once."""

from collections.abc import Collection
from datetime import datetime

from newsletter.publication import Publication
from newsletter.publishing.assembly import content_of, kinds_read
from newsletter.publishing.holding import reopen
from newsletter.publishing.planning import letter_for
from newsletter.store import Session
from newsletter.store.digests import DigestRow, newest_planned, planned_digests
from newsletter.store.planning import Share, lock_plans, newcomers, plan_share

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
    """Owe a subscriber digests that were released when the choice changed, in the letter that is right now."""
    lock_plans(session)
    rows = planned_digests(session, digest_ids)
    return sum(_owe(session, publication, row, [ref], now=now, batch_size=batch_size) for row in rows)


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
