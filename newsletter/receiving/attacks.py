"""Askings are watched whichever door they come by: who confirms nothing did not ask."""

from newsletter.receiving.desk import Desk
from newsletter.store.notices import add_notice
from newsletter.windows import ASKED, judge


def watch_askings(here: Desk, to_confirm: int) -> None:
    """Count so many askings that their owners may confirm; where hardly any is confirmed, tell of an attack."""
    if not to_confirm:
        return
    now = here.clock()
    here.windows.tell(ASKED, now=now, times=to_confirm)
    if judge(here.windows, here.settings, now=now):
        with here.database.transaction() as session:
            add_notice(session, "attack", now=now)
