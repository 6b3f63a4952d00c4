"""Becoming Celery, in the process that was asked to: another would load everything once more."""

import sys

from celery.__main__ import main


def start(*words: str) -> None:
    """Run one of Celery's own commands to its end, which is that of the process."""
    sys.stdout.flush()
    sys.argv = ["celery", "--quiet", "-A", "workers.app", *words]
    main()
