"""Delivering, a slice at a time."""

import threading

from newsletter import delivering
from newsletter.runtime import runtime
from workers.app import app
from workers.notes import ring_for_notes
from workers.stopping import stopping

_at_it = threading.Lock()
"""Connections are counted per process, so a process has one slice at a time."""


@app.task
def deliver(letter_id: int) -> None:
    """Deliver one slice of a letter if it has a free seat and this process none yet; ring again while rows are due."""
    if not _at_it.acquire(blocking=False):
        return
    try:
        again = delivering.deliver_slice(letter_id, runtime(), stop=stopping)
    finally:
        _at_it.release()
    if again:
        app.send_task("workers.upkeep.ring")
    else:
        ring_for_notes()  # that a digest was paused, or a server is out, the operator is to hear at once
