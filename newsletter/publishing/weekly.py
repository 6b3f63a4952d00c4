"""The weekly job: which weeks are due, and what becomes of each.  The database decides, whoever asks and how often."""

from datetime import datetime, timedelta

from newsletter.publication import Publication
from newsletter.publishing.assembly import assemble
from newsletter.publishing.planning import plan
from newsletter.store import Session
from newsletter.store.audit import set_up_at
from newsletter.store.commentaries import commentaries_of, weeks_with_commentaries
from newsletter.store.digests import DigestRow, DigestState, digests_of, lock_digest
from newsletter.store.notices import add_notice
from newsletter.weeks import Week

WAITING = (DigestState.OPEN, DigestState.ASSEMBLED, DigestState.APPROVED)
"""States from which an automatic start is possible."""

BEAT = "beat"
"""Who the audit names for what nobody pressed a button for."""


def due_weeks(session: Session, publication: Publication, *, now: datetime) -> list[Week]:
    """Return the weeks whose hour has come and that nothing has become of yet, oldest first.

    The newest, and every week with commentaries that was missed while the service stood still.  Weeks that were due
    before the service was set up are history.
    """
    since = set_up_at(session) or now
    newest = publication.schedule.newest_due(now, publication.time_zone)
    weeks = {newest, *weeks_with_commentaries(session)}
    due = sorted(week for week in weeks if since <= publication.goes_out_at(week) <= now)
    states = digests_of(session, due)
    return [week for week in due if states.get(week, DigestState.OPEN) in WAITING]


def close_week(
    session: Session, publication: Publication, week: Week, *, now: datetime, batch_size: int
) -> DigestState:
    """Do what a due week wants, once; return the state it is in then.

    Too late, nothing to say or waiting for approval: no mail, a notice for the operator.  Otherwise: assemble and plan.
    """
    row = lock_digest(session, week)
    if row.state not in WAITING:
        return row.state  # another beat was here
    if not commentaries_of(session, week):
        row.state = DigestState.EMPTY
        if publication.empty_week == "notice":
            _tell(session, row, "empty", now=now)
    elif row.state is not DigestState.APPROVED and _is_late(publication, week, now):
        row.state = DigestState.EXPIRED
        _tell(session, row, "late", now=now)
    elif publication.approval == "one" and row.state is not DigestState.APPROVED:
        if row.state is DigestState.OPEN:
            assemble(session, publication, week)
        _tell(session, row, "approval", now=now)
    else:
        if row.state is not DigestState.APPROVED:  # what was approved is what goes out
            assemble(session, publication, week)
        if not plan(session, publication, row, now=now, who=BEAT, batch_size=batch_size):
            row.state = DigestState.EMPTY
            _tell(session, row, "nobody", now=now)
    return row.state


def _is_late(publication: Publication, week: Week, now: datetime) -> bool:
    # What somebody pressed a button for is never too late: an approved digest goes out whenever it was approved.
    return now - publication.goes_out_at(week) > timedelta(hours=publication.late_hours)


def _tell(session: Session, row: DigestRow, kind: str, *, now: datetime) -> None:
    add_notice(session, kind, now=now, week=row.week, digest_id=row.id)
