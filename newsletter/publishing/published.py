"""Which weeks the public pages may show."""

from newsletter.publication import Publication
from newsletter.store import Session
from newsletter.store.audit import set_up_at
from newsletter.store.commentaries import weeks_with_commentaries
from newsletter.store.digests import ONGOING, weeks_in
from newsletter.weeks import Week


def published_weeks(session: Session, publication: Publication) -> list[Week]:
    """Return the weeks with commentaries that are published, newest first.

    A week is published when its digest is planned; one that was due before the service was set up is history, and
    published too.
    """
    since = set_up_at(session)
    planned = set(weeks_in(session, ONGOING))
    return [
        week
        for week in weeks_with_commentaries(session)
        if week in planned or (since is not None and publication.goes_out_at(week) < since)
    ]
