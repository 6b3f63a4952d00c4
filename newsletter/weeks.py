"""Weeks, Monday to Sunday, as ISO 8601 numbers them; when one closes; how each language writes one."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton

from newsletter.errors import OperatorError
from newsletter.languages import Language

FIRST_YEAR, LAST_YEAR = 1000, 9998
"""Beyond them a week has neighbours or hours that no `datetime` can hold."""

SHAPE = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


class NoSuchWeek(OperatorError):
    """The text names no week: wrong shape, or the year has no such week."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:20]!r} is not a week; write it like 2019-W41 (ISO 8601)")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week.

    >>> Week(2019, 41).monday, Week(2019, 41).sunday
    (datetime.date(2019, 10, 7), datetime.date(2019, 10, 13))

    Raises
    NoSuchWeek if the year has no such week (`Week(2025, 53)`).
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        try:
            if not FIRST_YEAR <= self.year <= LAST_YEAR:
                raise ValueError
            date.fromisocalendar(self.year, self.number, 7)
        except ValueError:
            raise NoSuchWeek(f"{self.year}-W{self.number:02}") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2019-W41`.

        Raises
        NoSuchWeek: it is none.
        """
        found = SHAPE.fullmatch(text)
        if not found:
            raise NoSuchWeek(text)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the week that `day` lies in.

        >>> str(Week.of(date(2021, 1, 3)))
        '2020-W53'
        """
        year, number, _ = day.isocalendar()
        return cls(year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """The first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """The last day."""
        return date.fromisocalendar(self.year, self.number, 7)

    def plus(self, weeks: int) -> "Week":
        """Return the week that many weeks later (earlier if negative)."""
        return Week.of(self.monday + timedelta(weeks=weeks))

    def closes_at(self, zone: ZoneInfo) -> datetime:
        """Return the instant this week ends: midnight after Sunday in `zone`, given in UTC.

        >>> Week(2019, 41).closes_at(ZoneInfo("Europe/Minsk")).isoformat()
        '2019-10-13T21:00:00+00:00'
        """
        return local_instant(self.sunday + timedelta(days=1), time(0), zone)

    def written(self, language: Language) -> str:
        """Write the week's days as `language` does, both months in full (Babel's `format_interval` shortens them).

        >>> Week(2019, 41).written(Language("be"))
        '7 кастрычніка – 13 кастрычніка 2019\\xa0г.'
        >>> Week(2019, 1).written(Language("en"))
        'December 31, 2018 – January 6, 2019'
        """
        first = (
            format_skeleton("MMMMd", self.monday, locale=language.code)
            if self.monday.year == self.sunday.year
            else format_date(self.monday, "long", locale=language.code)
        )
        written = f"{first} – {format_date(self.sunday, 'long', locale=language.code)}"
        return written.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")  # fonts of old mail readers lack it


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which clocks in `zone` show `at` on `day`; it exists once, also over DST.

    A time that the clock shows twice is the first of the two; one that the clock jumps over is the instant of the
    jump's other side (02:30 in a gap from 02:00 to 03:00 is 03:30).

    >>> local_instant(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Warsaw")).isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
