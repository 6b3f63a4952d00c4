"""The weekly job.  Beat wakes it every minute; the database says whether a week is due (docs/decisions/0004)."""

from newsletter import publishing
from newsletter.errors import OperatorError
from newsletter.runtime import runtime
from newsletter.store.notices import add_notice
from workers.app import app
from workers.upkeep import ring


@app.task
def close_due_weeks() -> None:
    """Close every week that is due: one transaction each, then ring."""
    here = runtime()
    now = here.clock()
    with here.database.reading() as session:
        due = publishing.due_weeks(session, here.publication, now=now)
    for week in due:
        try:
            with here.database.transaction() as session:
                size = here.settings.batch_size
                publishing.close_week(session, here.publication, week, now=now, batch_size=size)
        except OperatorError as error:
            # One week that cannot be written must not keep the others, and the operator must hear of it.
            with here.database.transaction() as session:
                add_notice(session, "not-closed", now=now, text=str(error), week=str(week))
    if due:
        ring.delay()  # for letters, or for the notice that says why there are none
