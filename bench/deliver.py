"""How fast a week goes out, the whole path: a ring, a Celery worker, the ledger with fsync on, SMTP into a local sink.

`python -m bench.deliver [--readers 20000] [--database postgresql|URL] [--connections 64] [--rounds 5] …`

Starts what it needs.  Every round takes a fresh copy of the database, plans, rings, and waits until the ledger says
that all was sent; the yardsticks send messages of the same size into a sink of the same kind.  Medians, and ratios
round by round.  The letter: 60 KB of HTML and 8 KB of text, personal, List-* headers, a return path for each reader.

Yardsticks: `smtp-source` (Postfix's, ten sessions, connections kept), `transport` (ours without a record), `naive`
(`bench/naive.py`, a few readers), `tenth` (the whole path with a tenth of the readers).
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import closing

from bench.deliver_goals import goals_of
from bench.deliver_path import whole_path
from bench.deliver_report import OURS, summary, table
from bench.installation import Installation, installation
from bench.installation_week import letter_of, message_of
from bench.naive import naive
from bench.sinks import Measured, Sink, Spent, measure
from bench.wire import smtp_source, transport
from newsletter.transport import Envelope

YARDSTICKS = ("smtp-source", "transport", "naive", "tenth")
SESSIONS = 10
"""Of smtp-source: more make it no faster."""

Runs = Mapping[str, tuple[Callable[[Sink], Spent], int]]


def main() -> None:
    """Measure in alternating rounds; print a table, or JSON."""
    given = _arguments()
    with installation(given.database) as site:
        run = {name: getattr(given, name) for name in ("readers", "connections", "workers", "sink", "delay", "rounds")}
        run["database"] = site.copies.kind
        runs, run["letter"] = _prepare(site, given)
        found: dict[str, list[Measured]] = {name: [] for name in runs}
        for number in range(given.rounds):
            names = list(runs) if number % 2 == 0 else list(runs)[::-1]
            for name in names:
                _say(f"round {number + 1} of {given.rounds}, {name}: ", end="")
                send, messages = runs[name]
                found[name].append(measure(send, messages, postfix=given.sink == "postfix", delay=given.delay))
                _say(f"{found[name][-1].rate:.0f}/s")
    result = summary(run, found, goals_of(run))
    print(json.dumps(result) if given.json else table(result))


def _prepare(site: Installation, given: argparse.Namespace) -> tuple[Runs, dict[str, int]]:
    """Make the readers; return what is measured, by name: how, and how many messages; and the letter's size."""
    tenth = max(given.readers // 10, 1)
    _say(f"subscribing {given.readers} readers")
    small = site.with_readers(tenth)
    full = site.with_readers(given.readers, small)
    with closing((here := site.open(small)).database):
        letter, segments = letter_of(here), message_of(here)
    size = sum(map(len, segments))

    def bare(id: int) -> Envelope:
        return Envelope(id, f"bounce+{id}@example.org", f"reader{id}@example.org", segments)

    def path(like: str) -> Callable[[Sink], Spent]:
        return lambda sink: whole_path(sink, site, like, connections=given.connections, crew=given.workers)

    runs: dict[str, tuple[Callable[[Sink], Spent], int]] = {
        OURS: (path(full), given.readers),
        "smtp-source": (lambda sink: smtp_source(sink, given.readers, SESSIONS, size), given.readers),
        "transport": (lambda sink: transport(sink, given.readers, given.connections, bare), given.readers),
        "naive": (lambda sink: naive(sink, site, letter, given.naive_readers), given.naive_readers),
        "tenth": (path(small), tenth),
    }
    sizes = {"html": letter.bytes_html, "text": len(letter.text.encode()), "message": size}
    return {name: runs[name] for name in (OURS, *given.yardsticks)}, sizes


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.deliver", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--readers", type=positive, default=20_000)
    add("--database", help="`postgresql` starts a server; a URL: databases are made beside that one; unset: SQLite")
    add("--connections", type=positive, default=64, help="open connections, of all workers together")
    add("--workers", type=positive, default=1, help="worker processes")
    add("--rounds", type=positive, default=5)
    add("--delay", type=float, default=0.0, help="milliseconds before each answer of the fast sink")
    add("--sink", choices=("fast", "postfix"), default="fast", help="postfix: smtp-sink")
    add("--yardsticks", help=f"of {', '.join(YARDSTICKS)}; none: `-`; unset: the first three, where they make sense")
    add("--naive-readers", type=positive, default=2000, help="of the naive yardstick, which is slow")
    add("--json", action="store_true", help="the same for a program")
    given = parser.parse_args()
    fit = {"smtp-source": shutil.which("smtp-source") and not given.delay, "naive": given.sink == "fast"}
    if given.yardsticks is None:
        given.yardsticks = [
            name for name in YARDSTICKS[:3] if fit.get(name, True) and not (name == "naive" and given.delay)
        ]
    else:
        given.yardsticks = [name for name in given.yardsticks.split(",") if name != "-"]
        for name in given.yardsticks:
            if name not in YARDSTICKS or not fit.get(name, True):
                parser.error(f"{name}: no yardstick, or none for this run")
    if given.connections < given.workers:
        parser.error("every worker wants a connection")
    if given.delay < 0 or (given.delay and given.sink == "postfix"):
        parser.error("--delay: the fast sink alone can wait, and only forwards")
    return given


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    main()
