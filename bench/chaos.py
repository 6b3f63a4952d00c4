"""Chaos: real workers, brokers and databases killed, frozen and misled in the middle of a digest; who got what.

`python -m bench.chaos [--only NAME] [--kills 50] [--readers 20000] [--databases sqlite,postgresql] [--seed N]`

Each row of the table is one digest sent to all readers over a local SMTP server that counts, while one scenario does
its worst (they stand in `tests/journeys/scenarios/`; the suite plays them too, smaller).  Held against the promises:

lost         neither received nor listed as doubtful: 0
twice        copies too many: with `resend` at most as many as connections were open whenever a process was cut off or
             overtaken, as the server counts them (`at risk`); with `hold` none
doubtful     at most as many as that, too
Message-IDs  one for all copies of a message, and for no other

PostgreSQL is a server of its own with fsync on.  Exit code 1 if any promise was broken.
"""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from time import perf_counter

from tests.journeys.account import Account
from tests.journeys.ground import Ground, Setting
from tests.journeys.scenarios import SCENARIOS
from tests.journeys.scenarios.scenario import BOTH
from tests.servers.crew import Nursery

HEAD = (
    f"{'scenario':40} {'database':10} {'conn.':>5} {'workers':>7} {'doubt':6} "
    f"{'received':>8} {'lost':>5} {'twice':>5} {'doubtful':>8} {'at risk':>7} {'Message-IDs':11} {'s':>5}"
)


def kills(given: argparse.Namespace, databases: list[str]) -> Iterator[Setting]:
    """Yield the kills: at 8 and 64 connections, with one and two workers."""
    scenario = SCENARIOS["killed"]
    for database, on_doubt, connections, workers in product(databases, scenario.on_doubt, (8, 64), (1, 2)):
        yield Setting(scenario, database, on_doubt, workers, connections, given.kills, given.seed)


def all_else(given: argparse.Namespace, databases: list[str]) -> Iterator[Setting]:
    """Yield the other scenarios, each once for every database and every way with doubt that matters."""
    for scenario in SCENARIOS.values():
        for database, on_doubt in product(databases, scenario.on_doubt):
            if database in scenario.databases and scenario.name != "killed":
                yield Setting(scenario, database, on_doubt, scenario.workers, 16, seed=given.seed)


def named(one: Setting) -> str:
    """Return the left half of a row."""
    return f"{one.scenario.name:40} {one.database:10} {one.connections:5} {one.workers:7} {one.on_doubt:6}"


def told(account: Account) -> str:
    """Return the right half of a row."""
    ids = f"{account.renamed} wrong" if account.renamed else "one each"
    return f"{account.received:8} {account.lost:5} {account.twice:5} {account.doubtful:8} {account.at_risk:7} {ids:11}"


def play(ground: Ground, one: Setting) -> list[str]:
    """Play one scenario, print its row, and return the promises that were broken."""
    began = perf_counter()
    try:
        with ground.ordeal(one) as ordeal:
            one.scenario.disturb(ordeal)
            account = ordeal.finish()
    except Exception:
        print(f"{named(one)} did not come to its end", flush=True)
        return [f"{named(one)}\n{traceback.format_exc()}"]
    print(f"{named(one)} {told(account)} {perf_counter() - began:5.0f}", flush=True)
    return [f"{named(one)} {fault}" for fault in account.broken]


def play_all(wanted: list[Setting], readers: int, databases: list[str]) -> list[str]:
    """Play some scenarios over as many readers, print a table, and return the promises that were broken."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        nursery = Nursery()
        ground = Ground(Path(folder), readers, databases, nursery)
        try:
            print(f"\n{readers} readers\n{HEAD}", flush=True)
            return [fault for one in wanted for fault in play(ground, one)]
        finally:
            ground.remove()
            nursery.close()


def main() -> None:
    """Play everything and print the table."""
    parser = argparse.ArgumentParser(description="Who got what while everything was killed, frozen and misled.")
    parser.add_argument("--only", metavar="NAME", default="", help="scenarios whose name holds this")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--readers", type=int, default=20_000, help="for kills; a quarter of it for all else")
    parser.add_argument("--databases", default=",".join(BOTH))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    databases = given.databases.split(",")
    if not any(given.only in name for name in SCENARIOS) or not set(databases) <= set(BOTH):
        parser.error(f"--only is part of one of: {', '.join(SCENARIOS)}; --databases are of: {', '.join(BOTH)}")
    broken: list[str] = []
    print(f"{given.kills} kills, seed {given.seed}")
    for rows, readers in ((kills, given.readers), (all_else, max(1000, given.readers // 4))):
        wanted = [one for one in rows(given, databases) if given.only in one.scenario.name]
        if wanted:
            broken += play_all(wanted, readers, databases)
    print("\n".join(("", *broken)) if broken else "every promise was kept")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
