"""A process that has imported everything once, and forks commands of `newsletter` out of itself, workers and beats too.

A script of its own, started by `crew.py`, which says why.  Each child runs the command an operator types, and where
that would become another program (`execv`) it goes on in its place.  Nothing is opened before the fork, and `workers`,
which reads the settings when it is imported, is imported after it.

It takes orders as lines of JSON on its standard input and answers each with one.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import celery.apps.beat
import celery.apps.worker
import celery.bin.celery
import celery.concurrency.thread
import kombu.transport.redis
import premailer
import time_machine

import newsletter.delivering
import newsletter.publishing
import newsletter.receiving
import newsletter.retention
import newsletter.runtime
from newsletter.cli import main as command

SLOW_TO_IMPORT = (celery, kombu, newsletter, premailer)
PATIENCE = 0.02
execute = os.execv


def born(order: dict[str, Any]) -> NoReturn:
    """Be a command, a worker or a beat from here on."""
    for descriptor, name in ((1, "log"), (2, "complaints")):
        with Path(order[name]).open("ab") as output:
            os.dup2(output.fileno(), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(order["environment"])
    if order["clock"]:
        _travel(Path(order["clock"]))
    if order["broker"]:
        from workers.app import app

        app.conf.broker_transport_options = {**app.conf.broker_transport_options, **order["broker"]}
    os.execv = _go_on_as  # type: ignore[assignment]
    sys.argv = ["newsletter", *order["words"]]
    command()
    sys.exit(0)


def _go_on_as(path: str, argv: list[str]) -> NoReturn:
    """Run `python -m celery …` here; become anything else."""
    if argv[1:3] != ["-m", "celery"]:
        execute(path, argv)
    sys.argv = argv[2:]
    sys.exit(celery.bin.celery.main())


def _travel(clock: Path) -> None:
    """Set every wall clock of this process ahead by the seconds in that file, or back, whenever it changes."""
    ahead = float(clock.read_text())
    traveller = time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()

    def follow() -> None:
        now = ahead
        while True:
            time.sleep(PATIENCE)
            asked = float(clock.read_text())
            if asked != now:
                traveller.shift(timedelta(seconds=asked - now))
                now = asked

    threading.Thread(target=follow, daemon=True).start()


def ended(pid: int, seconds: float) -> int | None:
    """Wait for the end of a child and return its exit code, negative for a signal; None: it still runs."""
    deadline = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(PATIENCE)


def main() -> None:
    """Obey until there are no more orders."""
    # What is imported stays: a child that looked for garbage in it when it ends would spend half a second on that.
    gc.collect()
    gc.freeze()
    print(json.dumps("ready"), flush=True)
    # Not `for line in sys.stdin`: it reads ahead, and a child would find orders there that are not for it.
    while line := sys.stdin.readline():
        order = json.loads(line)
        if "born" in order:
            answer: int | None = os.fork()
            if answer == 0:
                born(order["born"])
        else:
            answer = ended(order["ended"], order["seconds"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
