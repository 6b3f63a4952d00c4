"""The welcome: who joins is owed the newest planned digest at once, once."""

from collections.abc import Collection
from datetime import datetime

from newsletter.publication import Publication
from newsletter.publishing.assembly import content_of, kinds_read
from newsletter.publishing.holding import reopen
from newsletter.publishing.planning import letter_for
from newsletter.store import Session
from newsletter.store.digests import newest_planned
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
    digest = content_of(row) if row else None
    if row is None or digest is None:
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
