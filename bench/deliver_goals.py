"""What delivering must reach and should reach, as ratios to what is measured in the same run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of `bench.deliver`, and what it must and should be, in runs with the arguments `where`."""

    name: str
    figure: str
    must: float
    aim: float
    where: Mapping[str, object]
    at_most: bool = False

    def judge(self, value: float) -> dict[str, Any]:
        """Return the goal with what was measured, and which of the two is reached, as plain values."""
        reached = "MISSED"
        for word, bound in (("must", self.must), ("aim", self.aim)):
            if value <= bound if self.at_most else value >= bound:
                reached = word
        return {"goal": self.name, "must": self.must, "aim": self.aim, "measured": value, "reached": reached}


WIDE = {"sink": "fast", "delay": 0, "connections": 64}
GOALS = (
    Goal("PostgreSQL / smtp-source -s 10", "smtp-source", 0.6, 0.85, WIDE | {"database": "PostgreSQL"}),
    Goal("SQLite / smtp-source -s 10", "smtp-source", 0.7, 0.95, WIDE | {"database": "SQLite"}),
    Goal("into smtp-sink / smtp-source into it", "smtp-source", 0.85, 1.0, {"sink": "postfix", "connections": 16}),
    Goal("/ one Celery task a reader", "naive", 50, 80, WIDE),
    Goal("one Celery task a reader, messages/s", "naive per second", 150, 150, WIDE),
    Goal("replies after 20 ms / no record", "transport", 0.85, 0.95, WIDE | {"delay": 20}),
    Goal("1,000,000 rows / 100,000 rows", "tenth", 0.8, 1.0, WIDE | {"readers": 1_000_000}),
    Goal("CPU s for 1,000", "cpu", 0.10, 0.05, WIDE, at_most=True),
    Goal("peak memory of a worker, MB", "memory", 150, 100, WIDE, at_most=True),
)
DKIM = Goal("DKIM RSA-2048 / bare signing on all cores", "dkim", 0.6, 0.75, {})
"""Of `bench.dkim`."""


def goals_of(run: Mapping[str, object]) -> list[Goal]:
    """Return the goals that a run with these arguments speaks to."""
    return [goal for goal in GOALS if goal.where.items() <= run.items()]
