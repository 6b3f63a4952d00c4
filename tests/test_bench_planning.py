"""The bench of planning runs on each engine, beside its yardstick."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def bench(*words: str) -> str:
    """Run it to its end; return what it prints."""
    command = [sys.executable, "-m", "bench.planning", "--readers", "300", "--rounds", "1", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_planning_is_measured_beside_a_bare_copy(fresh_postgresql: Callable[..., str]) -> None:
    for words, name in ((), "SQLite"), (("--database", fresh_postgresql()), "PostgreSQL"):
        printed = bench(*words)
        assert printed.startswith(f"300 readers, {name}, 1 rounds\n")
        assert re.search(r"^ratio +\d+\.\d\d$", printed, re.MULTILINE)
