"""Weeks as ISO 8601 numbers them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.languages import Language
from newsletter.weeks import NoSuchWeek, Week

NBSP = "\N{NO-BREAK SPACE}"
days = st.dates(date(1000, 2, 1), date(9998, 11, 30))


@given(days)
def test_the_week_of_a_day_contains_it(day: date) -> None:
    week = Week.of(day)
    assert week.monday <= day <= week.sunday
    assert (week.monday.weekday(), week.sunday.weekday()) == (0, 6)
    assert Week.parse(str(week)) == week


@given(st.dates(date(1500, 1, 1), date(3000, 1, 1)), st.integers(-20_000, 20_000))
def test_going_there_and_back_ends_where_it_began(day: date, weeks: int) -> None:
    week = Week.of(day)
    assert week.plus(weeks).plus(-weeks) == week
    assert week.plus(weeks).monday - week.monday == timedelta(weeks=weeks)


@given(days, days)
def test_weeks_are_ordered_as_their_days_are(one: date, other: date) -> None:
    assert (Week.of(one) < Week.of(other)) == (Week.of(one).monday < Week.of(other).monday)
    assert (str(Week.of(one)) < str(Week.of(other))) == (Week.of(one) < Week.of(other))  # the store sorts texts


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2018, 12, 31), "2019-W01"),
        (date(2021, 1, 3), "2020-W53"),
        (date(2021, 1, 4), "2021-W01"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
    ],
)
def test_days_at_new_year_may_belong_to_the_other_year(day: date, week: str) -> None:
    assert str(Week.of(day)) == week


@pytest.mark.parametrize(
    "text",
    [
        "2025-W53", "2019-W00", "2019-W54", "2019-w41", "2019W41", "19-W41", "2019-W4", "2019-W041", " 2019-W41",
        "2019-W41\n", "٢٠١٩-W٤١", "0000-W01", "9999-W01", "", "week 41",
    ],
)  # fmt: skip
def test_a_week_that_the_year_has_not_is_none(text: str) -> None:
    with pytest.raises(NoSuchWeek):
        Week.parse(text)


def test_a_text_that_is_no_week_is_quoted_only_in_part() -> None:
    with pytest.raises(NoSuchWeek) as caught:
        Week.parse("x" * 10_000)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("week", "code", "written"),
    [
        (Week(2019, 41), "en", "October 7 – October 13, 2019"),
        (Week(2019, 41), "be", f"7 кастрычніка – 13 кастрычніка 2019{NBSP}г."),
        (Week(2019, 41), "ru", f"7 октября – 13 октября 2019{NBSP}г."),
        (Week(2012, 44), "en", "October 29 – November 4, 2012"),
        (Week(2012, 44), "be", f"29 кастрычніка – 4 лістапада 2012{NBSP}г."),
        (Week(2012, 44), "ru", f"29 октября – 4 ноября 2012{NBSP}г."),
        (Week(2019, 1), "en", "December 31, 2018 – January 6, 2019"),
        (Week(2019, 1), "be", f"31 снежня 2018{NBSP}г. – 6 студзеня 2019{NBSP}г."),
        (Week(2019, 1), "ru", f"31 декабря 2018{NBSP}г. – 6 января 2019{NBSP}г."),
    ],
)
def test_a_week_is_written_as_the_language_writes_it(week: Week, code: str, written: str) -> None:
    assert week.written(Language(code)) == written


@given(days, st.sampled_from(["Europe/Minsk", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"]))
def test_a_week_closes_when_its_sunday_is_over(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    closes = Week.of(day).closes_at(zone)
    second = timedelta(seconds=1)
    assert _local_day(closes, zone) > Week.of(day).sunday >= _local_day(closes - second, zone)


def _local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()
