"""The table of `bench/chaos.py`, and whether an account that breaks a promise says so."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.outcomes import State
from newsletter.store.deliveries import Tally
from newsletter.store.digests import DigestState
from tests.journeys.account import Account

KEPT = Account(
    state=DigestState.SENT,
    counted=Tally(10, {1: {State.SENT: 8, State.DOUBTFUL: 2}}),
    received=10,
    lost=0,
    twice=0,
    renamed=0,
    after_leaving=0,
    other_letter=0,
    at_risk=2,
    holds=True,
)


def chaos(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.chaos", *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_row_says_who_got_what() -> None:
    done = chaos("--only", "two beats", "--databases", "sqlite", "--readers", "1000")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("two beats")]
    assert row.split()[2:11] == ["sqlite", "16", "2", "hold", "1000", "0", "0", "0", "0"]


def test_a_scenario_that_there_is_not_is_no_success() -> None:
    done = chaos("--only", "an earthquake")
    assert done.returncode == 2
    assert "two beats" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"lost": 1}, "lost: 1"),
        ({"twice": 1}, "twice: 1, allowed 0"),
        ({"twice": 3, "holds": False}, "twice: 3, allowed 2"),
        ({"at_risk": 1}, "doubtful: 2, allowed 1"),
        ({"renamed": 1}, "Message-IDs: 1 wrong"),
        ({"after_leaving": 1}, "after leaving: 1"),
        ({"other_letter": 1}, "the other letter: 1"),
        ({"state": DigestState.SENDING}, "stuck: the digest is sending, 0 owed"),
        ({"counted": Tally(11, KEPT.counted.letters)}, "unbalanced: 11 planned"),
    ],
)
def test_each_broken_promise_is_named(wrong: dict[str, object], says: str) -> None:
    assert KEPT.broken == []
    assert replace(KEPT, twice=2, holds=False).broken == []
    (fault,) = replace(KEPT, **wrong).broken  # type: ignore[arg-type]
    assert fault.startswith(says)
