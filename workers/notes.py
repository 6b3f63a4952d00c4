"""Delivering notes: on a queue of their own, and over connections of their own, so that no slice delays them."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field

from kombu.exceptions import OperationalError

from newsletter import delivering
from newsletter.clock import monotonic
from newsletter.runtime import runtime
from workers.app import app
from workers.stopping import stopping

LINGER = 2.0
"""Seconds for which connections are kept open for the next note."""

TURN = 60.0
"""Seconds after which a run makes room for other tasks, however many notes still come."""


@dataclass
class _Seat:
    """The one run of this process.  A bell sets `rung`; who is at it clears that before looking: none is lost."""

    taken: threading.Lock = field(default_factory=threading.Lock)
    rung: threading.Event = field(default_factory=threading.Event)


_seat = _Seat()


@app.task
def deliver_notes() -> None:
    """Deliver the notes that are due; if this process is at it already, have it look again."""
    _seat.rung.set()
    begun = monotonic()
    while _seat.rung.is_set() and not stopping():
        if not _seat.taken.acquire(blocking=False):
            return
        try:
            _run(begun + TURN)
        finally:
            _seat.taken.release()
        if monotonic() > begun + TURN:
            deliver_notes.delay()
            return


def _run(until: float) -> None:
    delivering.deliver_notes(
        runtime(),
        rung=_seat.rung,
        linger=LINGER,
        enough=lambda: monotonic() > until,
        stop=stopping,
    )


def ring_for_notes() -> None:
    """Ring after the commit that owes a note; a broker that does not answer only delays it by a minute."""
    with suppress(OperationalError, OSError):
        deliver_notes.apply_async(retry=False)
