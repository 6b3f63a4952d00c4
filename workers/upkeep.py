"""What is looked after every minute, whatever was lost: dead workers, letters that are due, words to the operator."""

import random
import threading

from newsletter import delivering
from newsletter.runtime import runtime
from newsletter.store.batches import due_letters, sweep
from newsletter.store.notices import due_notices
from workers.app import app
from workers.delivery import deliver

_at_it = threading.Lock()


@app.task
def ring() -> None:
    """Bury dead workers, see digests to their end, ring for letters and notices that are due."""
    here = runtime()
    now = here.clock()
    with here.database.transaction() as session:
        sweep(session, resend=here.settings.on_doubt == "resend")
        delivering.finish_digests(session, now=now)
        due = due_letters(session, now=now)
        words_are_due = bool(due_notices(session, now=now, limit=1))
    for letter_id in random.sample(due, len(due)):  # no letter is always the first
        for _ in range(here.settings.slices_per_letter):
            deliver.delay(letter_id)
    if words_are_due:
        mail.delay()


@app.task
def mail() -> None:
    """Mail notices to the operator; a task of its own, because a server may take its time."""
    if not _at_it.acquire(blocking=False):
        return
    try:
        here = runtime()
        delivering.mail_notices(
            here.database, here.publication, keyring=here.keyring, server=here.servers[0], clock=here.clock
        )
    finally:
        _at_it.release()
