"""What is looked after every minute, whatever was lost: dead workers, letters that are due, words to the operator."""

import random

from newsletter import delivering
from newsletter.runtime import runtime
from newsletter.store.batches import due_letters, sweep
from workers.app import app
from workers.delivery import deliver


@app.task
def ring() -> None:
    """Bury dead workers, ring for letters that are due, see digests to their end, mail notices."""
    here = runtime()
    now = here.clock()
    with here.database.transaction() as session:
        sweep(session, resend=here.settings.on_doubt == "resend")
        delivering.finish_digests(session, now=now)
        due = due_letters(session, now=now)
    for letter_id in random.sample(due, len(due)):  # no letter is always the first
        for _ in range(here.settings.slices_per_letter):
            deliver.delay(letter_id)
    delivering.mail_notices(here.database, here.publication, keyring=here.keyring, server=here.server, clock=here.clock)
