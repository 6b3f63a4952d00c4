"""`newsletter web|worker|beat`: the long-running processes."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from newsletter.cli.terminal import say
from newsletter.settings import Settings, load_settings
from workers.start import CELERY, start


class Queue(StrEnum):
    """What a worker works at."""

    NEWSLETTER = "newsletter"  # weeks, and looking after everything
    DELIVERY = "delivery"  # letters, a slice at a time
    NOTES = "notes"  # all other mail
    INBOUND = "inbound"  # mail that came in


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (web, worker, beat):
        app.command()(command)


def web() -> None:
    """Serve the public pages."""
    _become("-m", "newsletter.web")


def worker(
    queue: Annotated[
        list[Queue] | None, typer.Option(help="Work at this alone; may be given more than once.  Unset: at everything.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="Tasks at once: a slice of a letter, notes, and what is short.")
    ] = 4,
) -> None:
    """Work: close weeks, deliver letters and notes.  Several may run, on several hosts."""
    from newsletter.runtime import Runtime  # takes longer to load than what the other two do here

    settings = load_settings()
    here = Runtime(settings)
    here.check()
    for warning in here.warnings():
        say(f"newsletter: warning: {warning}")
    queues = ",".join(queue or Queue)
    words = ("--queues", queues, "--without-gossip", "--without-mingle", "--concurrency", str(concurrency))
    _celery(settings, "worker", *words)


def beat() -> None:
    """Ring every minute.  Two are as good as one."""
    _celery(load_settings(), "beat", "--pidfile=")


def _celery(settings: Settings, *words: str) -> None:
    words = (*words, "--loglevel", settings.log_level)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.broker_url is None:
        # With the embedded defaults somebody has to run the broker, and go on when whoever ran it ends.
        _become("-m", "newsletter.embedded", "with-broker", "--", sys.executable, "-m", *CELERY, *words)
    start(*words)


def _become(*words: str) -> None:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  # no shell, and one process fewer to stop
