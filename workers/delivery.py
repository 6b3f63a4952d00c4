"""Delivering, a slice at a time."""

from newsletter import delivering
from newsletter.runtime import runtime
from workers.app import app
from workers.stopping import stopping


@app.task
def deliver(letter_id: int) -> None:
    """Deliver one slice of a letter if it has a free seat; ring again while rows are due."""
    here = runtime()
    again = delivering.deliver_slice(
        letter_id,
        database=here.database,
        keyring=here.keyring,
        server=here.server,
        settings=here.settings,
        clock=here.clock,
        stop=stopping,
    )
    if again:
        deliver.delay(letter_id)
