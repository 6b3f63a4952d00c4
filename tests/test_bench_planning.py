"""The bench of planning runs on each engine, beside its yardstick."""

import re
from collections.abc import Callable

from tests.benches import bench


def test_planning_is_measured_beside_a_bare_copy(fresh_postgresql: Callable[..., str]) -> None:
    for words, name in ("", "SQLite"), (f"--database {fresh_postgresql()}", "PostgreSQL"):
        printed = bench(f"bench.planning --readers 300 --rounds 1 {words}")
        assert printed.startswith(f"300 readers, {name}, 1 rounds\n")
        assert re.search(r"^ratio +\d+\.\d\d$", printed, re.MULTILINE)
