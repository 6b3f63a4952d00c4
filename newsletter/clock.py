"""Time is an argument.  This is the one place where the wall clock is read."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """Return the present instant of this machine, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds on a clock that only goes forward; for deadlines and leases, never for dates."""
    return time.monotonic()
