"""Ringing from a door, after its commit.  A broker that does not answer only delays things: the beat rings each minute.

Tasks are named, not imported: a web process that rings needs nothing of what answers.
"""

from kombu.exceptions import OperationalError


def open_up() -> None:
    """Load Celery now, and not while the first who rings waits for it: it is slow, and reads the settings."""
    import workers.app  # noqa: F401


def ring_for_letters() -> bool:
    """Ring for letters and whatever else is due; say whether the broker took it."""
    return _rung("workers.upkeep.ring")


def ring_for_askings() -> bool:
    """Ring for askings that wait for their answer."""
    return _rung("workers.readers.answer_askings")


def ring_for_notes() -> bool:
    """Ring for notes that are owed."""
    return _rung("workers.notes.deliver_notes")


def _rung(task: str) -> bool:
    from workers.app import app

    try:
        app.send_task(task, retry=False)
    except (OperationalError, OSError):
        return False
    return True
