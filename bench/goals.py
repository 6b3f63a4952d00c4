"""The goals of delivering, each beside what is measured here.

`python -m bench.goals [--full] [--rounds 5] [--only WORD]`

The lines come from runs of `bench.deliver`, each in a process of its own, one after the other.  Without `--full` fewer
readers show in some minutes where it stands; with it the sizes are those that the goals speak of.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.deliver_goals import DKIM
from bench.deliver_report import goal_lines

POSTGRESQL = "--database postgresql"
RUNS = (
    # readers in brief, in full, and the other arguments
    (20_000, 100_000, f"{POSTGRESQL} --connections 64"),
    (20_000, 100_000, "--connections 64"),
    (10_000, 50_000, f"{POSTGRESQL} --connections 16 --sink postfix"),
    (10_000, 50_000, "--connections 16 --sink postfix"),
    (10_000, 50_000, f"{POSTGRESQL} --connections 64 --delay 20"),
    (10_000, 50_000, "--connections 64 --delay 20"),
    (None, 1_000_000, f"{POSTGRESQL} --connections 64 --yardsticks tenth"),
    (None, 1_000_000, "--connections 64 --yardsticks tenth"),
)


def main() -> None:
    """Run what the goals ask for, and print the one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.goals", description=__doc__)
    parser.add_argument("--full", action="store_true", help="as many readers as the goals speak of: an hour or more")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD", help="only runs whose arguments hold this text")
    parser.add_argument("--json", action="store_true", help="everything that the runs found, for a program")
    given = parser.parse_args()
    found: list[dict[str, Any]] = []
    failed: list[str] = []
    for brief, full, words in RUNS:
        readers = full if given.full else brief
        if readers is not None and given.only in words:
            run = f"bench.deliver --json --readers {readers} --rounds {given.rounds} {words}"
            printed = _printed(run)
            if printed is None:
                failed.append(run)
            else:
                found.append(json.loads(printed))
    goals = [_with_its_run(goal, each["run"]) for each in found for goal in each["goals"]]
    if given.only in "dkim":
        printed = _printed("bench.dkim")
        if printed is None:
            failed.append("bench.dkim")
        else:
            goals.append(DKIM.judge(float(printed.split()[-1])))
    print(json.dumps({"goals": goals, "runs": found}) if given.json else "\n".join(goal_lines(goals)))
    if failed:
        raise SystemExit("\n".join(f"FAILED: python -m {words}" for words in failed))


def _printed(words: str) -> str | None:
    print(f"python -m {words}", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, "-m", *words.split()], stdout=subprocess.PIPE, text=True, check=False)
    return None if done.returncode else done.stdout


def _with_its_run(goal: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    return {**goal, "goal": f"{run['database']:11}{run['readers']:>9,}  {goal['goal']}"}


if __name__ == "__main__":
    main()
