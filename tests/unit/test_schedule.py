"""When a week goes out: a local hour, also where clocks go forward, back, or over midnight."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publication import Schedule
from newsletter.publication.schedule import WEEKDAYS
from newsletter.weeks import Week

ZONES = [ZoneInfo(name) for name in ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran")]
ZONES += [ZoneInfo(name) for name in ("Europe/Minsk", "Pacific/Apia", "America/Havana", "UTC")]

schedules = st.builds(
    Schedule, weekday=st.sampled_from(WEEKDAYS), time=st.times(), of=st.sampled_from(["same", "next"])
)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(schedules, instants, st.sampled_from(ZONES))
def test_the_newest_due_week_is_due_and_the_one_after_it_is_not(
    schedule: Schedule, now: datetime, zone: ZoneInfo
) -> None:
    week = schedule.newest_due(now, zone)
    assert schedule.goes_out_at(week, zone) <= now < schedule.goes_out_at(week.plus(1), zone)


@given(schedules, instants, st.sampled_from(ZONES))
def test_a_week_is_due_at_the_very_instant_it_goes_out(schedule: Schedule, some: datetime, zone: ZoneInfo) -> None:
    week = Week.of(some.date())
    hour = schedule.goes_out_at(week, zone)
    assert schedule.newest_due(hour, zone) == week
    assert schedule.newest_due(hour - timedelta(microseconds=1), zone) == week.plus(-1)


@pytest.mark.parametrize(
    ("zone", "weekday", "week", "hour", "instant"),
    [
        ("Europe/Warsaw", "sunday", "2026-W13", "02:30", "2026-03-29T01:30"),  # no such hour: an hour later
        ("Europe/Warsaw", "sunday", "2026-W43", "02:30", "2026-10-25T00:30"),  # twice: the first
        ("America/New_York", "sunday", "2026-W10", "02:30", "2026-03-08T07:30"),
        ("America/New_York", "sunday", "2026-W44", "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "sunday", "2026-W40", "02:15", "2026-10-03T15:45"),  # half an hour forward
        ("Australia/Lord_Howe", "sunday", "2026-W14", "01:45", "2026-04-04T14:45"),  # half an hour back
        ("Europe/Minsk", "monday", "2019-W41", "08:00", "2019-10-07T05:00"),
    ],
)
def test_an_hour_that_is_missing_or_twice_comes_once(
    zone: str, weekday: str, week: str, hour: str, instant: str
) -> None:
    schedule = Schedule.model_validate({"weekday": weekday, "time": hour, "of": "same"})
    due = schedule.goes_out_at(Week.parse(week), ZoneInfo(zone))
    assert due == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert due.tzinfo is UTC


def test_the_week_goes_out_in_itself_or_in_the_one_after_it() -> None:
    week, zone = Week(2019, 41), ZoneInfo("Europe/Minsk")
    same, after = (Schedule(weekday="friday", time=time(8), of=of).goes_out_at(week, zone) for of in ("same", "next"))
    assert after - same == timedelta(days=7)


@pytest.mark.parametrize("week", [Week(1000, 1), Week(9998, 52)])
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_no_week_that_can_be_written_stops_the_weekly_job(week: Week, zone: ZoneInfo) -> None:
    """A folder named 9998-W52 by a slip of the finger is asked for its hour every minute."""
    for of in ("same", "next"):
        Schedule(weekday="sunday", time=time(23, 59), of=of).goes_out_at(week, zone)
    week.closes_at(zone)
