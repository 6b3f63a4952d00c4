"""The newest digest, for somebody who asked for it once."""

from newsletter.languages import Language
from newsletter.publishing.assembly import content_of
from newsletter.store import Session
from newsletter.store.digests import newest_out


def newest_for(session: Session, order: tuple[Language, ...]) -> int | None:
    """Return the id of the newest digest that went out, if there is something to read in it in these languages."""
    row = newest_out(session)
    digest = None if row is None else content_of(row)
    return row.id if row is not None and digest is not None and digest.read_in(order).entries else None
