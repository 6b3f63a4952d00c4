"""Ending well: when a worker is told to stop, its slices claim nothing more and finish what is on the wire."""

from threading import Event

from celery.signals import worker_shutting_down

_told = Event()


@worker_shutting_down.connect
def _stop(**_: object) -> None:
    _told.set()


def stopping() -> bool:
    """Say whether this worker has been told to stop."""
    return _told.is_set()
