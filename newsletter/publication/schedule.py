"""When the digest of a week goes out."""

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from newsletter.publication.fields import Part
from newsletter.weeks import Week, local_instant

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)


def _clock_time(value: object) -> object:
    # A bare number would be taken for seconds after midnight, and a zone of its own would be dropped.
    if not isinstance(value, time) and not (isinstance(value, str) and CLOCK.fullmatch(value)):
        raise ValueError("wants a local time like 08:00")
    return value


class Schedule(Part):
    """When week N goes out: a local time on a weekday of the week itself or of the one after it."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    time: Annotated[time, BeforeValidator(_clock_time)]
    of: Literal["same", "next"] = "next"

    def goes_out_at(self, week: Week, zone: ZoneInfo) -> datetime:
        """Return the instant, in UTC, at which the digest of `week` is due."""
        days = WEEKDAYS.index(self.weekday) + (0 if self.of == "same" else 7)
        return local_instant(week.monday + timedelta(days=days), self.time, zone)

    def newest_due(self, now: datetime, zone: ZoneInfo) -> Week:
        """Return the newest week whose hour had come by `now`; weeks before it were due earlier."""
        week = Week.of(now.astimezone(zone).date())
        while self.goes_out_at(week, zone) > now:
            week = week.plus(-1)
        return week
