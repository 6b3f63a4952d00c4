"""The bench of mail in runs; its figures are looked at on a quiet machine."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_bounces_are_read_and_judged_beside_bare_parsing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.inbound", "--messages", "200", "--rounds", "1"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 seen as bounces" in done.stdout
    assert "goal" in done.stdout
