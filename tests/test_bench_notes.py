"""The bench of notes runs; its figures are looked at on a quiet machine."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_notes_are_measured_beside_a_digest_that_is_going_out() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.notes", "--readers", "300", "--rounds", "1", "--a-second", "50"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "300 deliveries, 64 connections, SQLite" in done.stdout
    assert "p99" in done.stdout
