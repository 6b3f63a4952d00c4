"""A process that has imported everything once, and forks commands of `newsletter` out of itself, workers and beats too.

A script of its own, started by `crew.py`, which says why.  Each child runs the command an operator types, and where
that would become another program (`execv`) it goes on in its place.  Nothing is opened before the fork, and `workers`,
which reads the settings when it is imported, is imported after it.

Its standard input is a unix socket: each order is a message of JSON there, with the sockets that go to the child, and
each has one for an answer.
"""

import gc
import json
import os
import signal
import socket
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
import newsletter.inbound.doors.server
import newsletter.inbound.imap.mailbox
import newsletter.publishing
import newsletter.receiving
import newsletter.retention
import newsletter.runtime
from newsletter.cli import main as command

SLOW_TO_IMPORT = (celery, kombu, newsletter, premailer)
PATIENCE = 0.02
LONGEST_ORDER, MOST_SOCKETS = 100_000, 9
execute = os.execv


def born(order: dict[str, Any], sockets: list[int]) -> NoReturn:
    """Be a command, a worker or a beat from here on; or the program that runs one."""
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
    sys.argv = ["newsletter", *order["words"], *(f"--socket={number}" for number in sockets)]
    if order["program"]:
        exec(order["program"], {"__name__": "__main__"})
    else:
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
    orders = socket.socket(fileno=0)
    orders.send(json.dumps("ready").encode())
    while True:
        said, sockets, _, _ = socket.recv_fds(orders, LONGEST_ORDER, MOST_SOCKETS)
        if not said:
            return
        order = json.loads(said)
        if "born" in order:
            answer: int | None = os.fork()
            if answer == 0:
                orders.detach()
                born(order["born"], sockets)
            for number in sockets:
                os.close(number)
        else:
            answer = ended(order["ended"], order["seconds"])
        orders.send(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
