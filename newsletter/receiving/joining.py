"""Confirming, and being welcomed: the same whether a button was pressed or a mail answered."""

from datetime import date, datetime

from newsletter import publishing, subscribing
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.subscribing import Confirmed


def confirm_and_welcome(
    session: Session,
    publication: Publication,
    keyring: Keyring,
    token: str,
    *,
    now: datetime,
    today: date,
    batch_size: int,
) -> tuple[Confirmed, int] | None:
    """Confirm, and owe the newest digest to who has none of it; None if there is nothing to confirm any more.

    Returns whose wish it was, and how many digests are owed now; ring for them after the commit.

    Raises
    ForeignToken, AddressTaken: as `subscribing.confirm` does.
    """
    done = subscribing.confirm(session, keyring, token, now=now, today=today)
    if done is None:
        return None
    owed = publishing.owe_afresh(session, publication, done.released, done.ref, now=now, batch_size=batch_size)
    owed += publishing.welcome(session, publication, [done.ref], now=now, batch_size=batch_size)
    return done, owed
