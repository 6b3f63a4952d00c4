"""The bench of a storm of bounces runs; its figures are looked at on a quiet machine."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_people_who_write_are_measured_beside_a_storm() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", "--bounces", "200", "--a-second", "40"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 bounces, SQLite" in done.stdout
    assert "beside the storm" in done.stdout
