"""Counts that forget: how often something was done within a while, in Valkey.  Nothing else about anybody is kept."""

from newsletter.windows.attack import asking_limits, judge
from newsletter.windows.counting import ASKED, CONFIRMED, HOUR, Limit, Windows

__all__ = ["ASKED", "CONFIRMED", "HOUR", "Limit", "Windows", "asking_limits", "judge"]
