"""Becoming Celery, in the process that was asked to: another would load everything once more."""

import sys

CELERY = ("celery", "--quiet", "-A", "workers.app")
"""What a command of Celery's begins with."""


def start(*words: str) -> None:
    """Run one of Celery's own commands to its end, which is that of the process."""
    from celery.__main__ import main  # slow to import

    sys.stdout.flush()
    sys.argv = [*CELERY, *words]
    main()
