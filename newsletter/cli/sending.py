"""Watching a digest go out."""

import time

from newsletter.cli.terminal import bar, say
from newsletter.outcomes import State
from newsletter.runtime import Runtime
from newsletter.store.deliveries import tally
from newsletter.store.digests import DigestState, digest_of
from newsletter.store.notices import unseen_notices
from newsletter.weeks import Week

LOOK = 0.2
"""Seconds between two looks at the ledger."""

SOME_WAIT = 3
STOPPED = 1


def wait(here: Runtime, week: Week, *, after: int) -> int:
    """Show how a digest goes out until nothing is queued or on the wire, with notices newer than `after`.

    Returns the exit code.

    0: nothing is owed any more.  3: some were put off by their server and will be tried again.  1: it was stopped.
    """
    with bar(f"delivering {week}") as progress:
        while True:
            with here.database.reading() as session:
                row = digest_of(session, week)
                state = row.state if row else DigestState.OPEN
                counted = tally(session, row.id if row else 0)
                notices = [one for one in unseen_notices(session) if one.week == str(week) and one.id > after]
            for notice in notices:
                after = notice.id
                say(f"{week}: {notice.kind}: {notice.text}" if notice.text else f"{week}: {notice.kind}")
            counts = counted.states
            owed = counts[State.QUEUED] + counts[State.SENDING]
            progress.show(counted.planned - counted.open, counted.planned)
            if state is DigestState.CANCELLED:
                say(f"{week}: the digest was cancelled; nothing more of it is sent")
                return STOPPED
            if state not in (DigestState.SENDING, DigestState.SENT):
                say(f"{week}: the digest is {state}; newsletter digest send {week} goes on with it")
                return STOPPED
            if owed == 0 and counts[State.DEFERRED]:
                say(f"{week}: {counts[State.DEFERRED]} were put off by their server and will be tried again")
                return SOME_WAIT
            if state is DigestState.SENT:
                return 0
            time.sleep(LOOK)
