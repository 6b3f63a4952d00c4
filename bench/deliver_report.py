"""What `bench.deliver` found: medians, ratios round by round, and which goals are reached."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.deliver_goals import Goal
from bench.sinks import Measured

OURS = "newsletter"


def summary(run: Mapping[str, Any], found: Mapping[str, Sequence[Measured]], goals: Iterable[Goal]) -> dict[str, Any]:
    """Return it all as plain values.

    A ratio is taken round by round, for what else the machine does weighs on neighbours alike.
    """
    ratios = {
        name: [mine.rate / other.rate for mine, other in zip(found[OURS], each, strict=True)]
        for name, each in found.items()
        if name != OURS
    }
    figures = {name: _medians(each) for name, each in found.items()}
    known = {name: statistics.median(each) for name, each in ratios.items()}
    known |= {"cpu": figures[OURS]["cpu"], "memory": max(each.memory or 0 for each in found[OURS])}
    if "naive" in figures:
        known["naive per second"] = figures["naive"]["per_second"]
    return {
        "run": dict(run),
        "figures": figures,
        "ratios": {name: {"median": known[name], "rounds": each} for name, each in ratios.items()},
        "goals": [goal.judge(known[goal.figure]) for goal in goals if goal.figure in known],
    }


def table(result: Mapping[str, Any]) -> str:
    """Return it for people."""
    run = result["run"]
    letter = run["letter"]
    lines = [
        f"{run['readers']:,} readers, {run['database']}, {run['connections']} connections, {run['workers']} worker(s), "
        f"{run['sink']} sink, answers after {run['delay']:g} ms, {run['rounds']} rounds",
        f"letter: {letter['html']:,} bytes of HTML, {letter['text']:,} of text, {letter['message']:,} on the wire",
        "",
        f"{'':12} {'messages/s':>11} {'in flow':>9} {'CPU s per 1,000':>16} {'peak MB':>8}",
    ]
    for name, each in result["figures"].items():
        flow, cpu, memory = (
            "" if each[key] is None else format(each[key], form)
            for key, form in (("flow", ",.0f"), ("cpu", ".3f"), ("memory", ",.0f"))
        )
        lines.append(f"{name:12} {each['per_second']:>11,.0f} {flow:>9} {cpu:>16} {memory:>8}")
    lines.append("")
    for name, ratio in result["ratios"].items():
        rounds = " ".join(f"{value:.2f}" for value in ratio["rounds"])
        lines.append(f"{OURS} / {name:12} {ratio['median']:>8.2f}   ({rounds})")
    if result["goals"]:
        lines += ["", *goal_lines(result["goals"])]
    return "\n".join(lines)


def goal_lines(goals: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each goal, with a heading."""
    each = list(goals)
    wide = max([len(one["goal"]) for one in each], default=0)
    lines = [f"{'goal':{wide}} {'must':>6} {'aim':>6} {'measured':>9}  reached"]
    lines += [
        f"{one['goal']:{wide}} {one['must']:>6g} {one['aim']:>6g} {one['measured']:>9.3g}  {one['reached']}"
        for one in each
    ]
    return lines


def _medians(each: Sequence[Measured]) -> dict[str, Any]:
    return {
        "per_second": statistics.median(one.rate for one in each),
        "flow": _median(one.flow for one in each),
        "cpu": _median(one.cpu for one in each),
        "memory": _median(one.memory for one in each),
        "rounds": [one.rate for one in each],
    }


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
