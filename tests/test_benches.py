"""The benches run, and notice what they must not overlook; the figures themselves are looked at on a quiet machine."""

import json
from typing import Any

import pytest

from bench.deliver_goals import GOALS, goals_of
from bench.deliver_report import summary
from bench.sinks import Measured, measure
from bench.wire import transport
from tests.benches import bench
from tests.servers.postgresql import Databases


def test_a_week_goes_out_the_whole_path_beside_its_yardsticks() -> None:
    result = json.loads(
        bench("bench.deliver --readers 200 --rounds 1 --naive-readers 10 --yardsticks transport,naive --json")
    )
    assert {name: each["per_second"] > 0 for name, each in result["figures"].items()} == dict.fromkeys(
        ["newsletter", "transport", "naive"], True
    )
    letter = result["run"]["letter"]
    assert 60_000 <= letter["html"] < 64_000
    assert 6_000 < letter["text"] < 10_000
    assert letter["message"] > letter["html"] + letter["text"]


def test_a_week_goes_out_of_postgresql_by_two_workers(postgresql: Databases) -> None:
    words = "bench.deliver --readers 200 --rounds 1 --workers 2 --connections 4 --yardsticks - --database"
    assert "200 readers, PostgreSQL, 4 connections, 2 worker(s)" in bench(f"{words} {postgresql.url('postgres')}")


@pytest.mark.parametrize("words", ["bench.wire --messages 100 --rounds 1", "bench.ledger --readers 100 --rounds 1"])
def test_the_parts_are_measured_alone(words: str) -> None:
    assert "CPU s per 1,000" in bench(words)


def test_a_message_that_never_came_is_noticed() -> None:
    with pytest.raises(SystemExit, match="the sink took 2 of 3 messages"):
        measure(lambda sink: transport(sink, 2, 1), 3)


def test_goals_are_judged_by_the_runs_they_are_about() -> None:
    run: dict[str, Any] = {"readers": 1000, "database": "SQLite", "sink": "fast", "delay": 0.0, "connections": 64}
    goals = {goal.name: goal for goal in goals_of(run)}
    assert "SQLite / smtp-source -s 10" in goals
    assert not {"PostgreSQL / smtp-source -s 10", "replies after 20 ms / no record"} & goals.keys()
    found = {
        "newsletter": [Measured(rate, None, 0.07, 90.0) for rate in (800.0, 100.0, 700.0)],
        "smtp-source": [Measured(1000.0, None, None, None)] * 3,
    }
    reached = {each["goal"]: (each["measured"], each["reached"]) for each in summary(run, found, GOALS)["goals"]}
    assert reached["SQLite / smtp-source -s 10"] == (0.7, "must")
    assert reached["PostgreSQL / smtp-source -s 10"] == (0.7, "must")
    assert reached["into smtp-sink / smtp-source into it"] == (0.7, "MISSED")
    assert reached["CPU s for 1,000"] == (0.07, "must")
    assert reached["peak memory of a worker, MB"] == (90.0, "aim")
