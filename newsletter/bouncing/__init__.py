"""Bouncing: later bad news, and what follows from it for a reader; refusals at once are judged the same way."""

from newsletter.bouncing.judging import Judged, conclude, judge_ended
from newsletter.bouncing.policy import Policy, verdict
from newsletter.bouncing.taking import find, take_report

__all__ = ["Judged", "Policy", "conclude", "find", "judge_ended", "take_report", "verdict"]
