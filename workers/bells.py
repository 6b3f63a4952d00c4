"""Ringing from a door, after its commit.  A broker that does not answer only delays things: the beat rings each minute.

Tasks are named, not imported: a web process that rings needs nothing of what answers.
"""

from kombu.exceptions import OperationalError

from newsletter.clock import monotonic

PAUSE = 5.0
"""Seconds for which a broker that did not answer is left alone: pages wait for their bell, each in a thread."""

_left_alone_until = 0.0


TIMEOUT = 0.5
"""Seconds that a broker may take to answer a page."""


def open_up() -> None:
    """Load Celery and its transport now, and not while the first who rings waits; and wait for no broker that hangs.

    For a process that only rings: one that listens to its broker has to wait for it longer.
    """
    from workers.app import app

    shorter = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT}
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, **shorter}
    app.connection_for_write().get_transport_cls()  # connects nowhere yet


def ring_for_letters() -> bool:
    """Ring for letters and whatever else is due; say whether the broker took it."""
    return _rung("workers.upkeep.ring")


def ring_for_askings() -> bool:
    """Ring for askings that wait for their answer."""
    return _rung("workers.readers.answer_askings")


def ring_for_notes() -> bool:
    """Ring for notes that are owed."""
    return _rung("workers.notes.deliver_notes")


def ring_for_received() -> bool:
    """Ring for mail that came in."""
    return _rung("workers.inbound.work_off")


def _rung(task: str) -> bool:
    global _left_alone_until  # of this process, as the connection is
    from workers.app import app

    if monotonic() < _left_alone_until:
        return False
    try:
        app.send_task(task, retry=False)
    except (OperationalError, OSError):
        _left_alone_until = monotonic() + PAUSE
        return False
    return True
