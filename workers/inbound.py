"""Working off mail that came in: on a queue of its own, so that a storm of bounces delays nobody's letter or note."""

import threading
from dataclasses import dataclass, field

from newsletter import bouncing, receiving
from newsletter.bouncing import Policy
from newsletter.clock import monotonic
from newsletter.runtime import runtime
from workers.app import app
from workers.bells import ring_for_letters, ring_for_notes
from workers.stopping import stopping

TURN = 20.0
"""Seconds after which a run makes room for other tasks, however much still waits."""


@dataclass
class _Seat:
    """The one run of this process; see `workers.notes`."""

    taken: threading.Lock = field(default_factory=threading.Lock)
    rung: threading.Event = field(default_factory=threading.Event)


_seat = _Seat()


@app.task
def work_off() -> None:
    """Work off what has come in; if this process is at it already, have it look again."""
    _seat.rung.set()
    until = monotonic() + TURN
    while _seat.rung.is_set() and not stopping():
        if not _seat.taken.acquire(blocking=False):
            return
        try:
            _seat.rung.clear()
            worked = receiving.work_off(runtime(), enough=lambda: stopping() or monotonic() > until)
        finally:
            _seat.taken.release()
        if worked.notes:
            ring_for_notes()
        if worked.letters:
            ring_for_letters()
        if monotonic() > until:
            work_off.delay()
            return


@app.task
def judge_ended() -> None:
    """Draw the consequences of what servers refused of digests that have come to their end."""
    here = runtime()
    bouncing.judge_ended(here.database, here.keyring, policy=Policy.of(here.settings), now=here.clock())
