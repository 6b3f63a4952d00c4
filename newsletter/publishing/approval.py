"""Approval: an operator has read what would go out."""

from datetime import datetime

from newsletter.publication import Publication
from newsletter.publishing.assembly import AlreadyPlanned, assemble
from newsletter.store import Session
from newsletter.store.audit import add_audit
from newsletter.store.digests import DigestState, lock_digest
from newsletter.weeks import Week


def approve(session: Session, publication: Publication, week: Week, *, now: datetime, who: str) -> None:
    """Approve the digest as it is assembled (it is, where it was not): what is approved is what goes out.

    Raises
    AlreadyPlanned, NothingToSay
    """
    row = lock_digest(session, week)
    if row.is_planned:
        raise AlreadyPlanned(f"{week}: the digest is {row.state} already")
    if row.content is None:
        assemble(session, publication, week)
    row.state = DigestState.APPROVED
    add_audit(session, now=now, who=who, what="digest approved", ref=str(week))
