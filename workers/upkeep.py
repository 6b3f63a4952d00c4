"""What is looked after every minute, whatever was lost: dead workers, what is due, whose time is over."""

import random

from newsletter import delivering, retention
from newsletter.runtime import runtime
from newsletter.store.askings import unanswered
from newsletter.store.batches import due_letters, sweep
from newsletter.store.digests import unjudged_digests
from newsletter.store.notes import notes_are_due, sweep_notes
from newsletter.store.received import anything_waits
from workers.app import app
from workers.delivery import deliver
from workers.inbound import judge_ended, work_off
from workers.notes import deliver_notes
from workers.readers import answer_askings


@app.task
def ring() -> None:
    """Bury dead workers, see digests to their end, forget what is over; ring for what is due."""
    here = runtime()
    now = here.clock()
    with here.database.transaction() as session:
        sweep(session, resend=here.settings.on_doubt == "resend")
        delivering.finish_digests(session, now=now)
        due = due_letters(session, now=now)
        sweep_notes(session)
        notes_too = notes_are_due(session, now=now)
        ended_too = bool(unjudged_digests(session))
        received_too = anything_waits(session, now=now)
        askings_too = bool(unanswered(session, limit=1))
        retention.tidy(session, now=now, today=here.today)
    for letter_id in random.sample(due, len(due)):  # no letter is always the first
        for _ in range(here.settings.slices_per_letter):
            deliver.delay(letter_id)
    if askings_too:
        answer_askings.delay()
    if ended_too:
        judge_ended.delay()
    if received_too:
        work_off.delay()
    if notes_too:
        deliver_notes.delay()
