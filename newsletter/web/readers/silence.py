"""Silence: for how long a reader wants no letters.  What a form offers, and what came back; without any script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from newsletter.languages import Language
from newsletter.subscribing import BadDate

SPANS = {"two-weeks": timedelta(weeks=2), "month": timedelta(days=30), "three-months": timedelta(days=91)}
"""What is offered beside a day of one's own; a template has a word for each."""

NONE = "none"
OTHER = "other"
"""The tick for a day of one's own, which stands in a field beside it."""

DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
"""How people here write a day where a browser gives them no calendar."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The part of a form that asks for silence: what is ticked (a day as `2026-11-16`, NONE, OTHER), what is typed."""

    ticked: str = NONE
    typed: str = ""

    def until(self, stood: date | None) -> date | None:
        """Return the day until which nothing is to come; `stood` is the one that was ticked when the form was shown.

        A day that was typed counts where nobody has moved the tick: it is easily forgotten.

        Raises
        BadDate: what was typed is no day.
        """
        if self.ticked == OTHER or (self.typed and self.ticked == value_of(stood)):
            return day_of(self.typed)
        return None if self.ticked == NONE else day_of(self.ticked)


def value_of(day: date | None) -> str:
    """Return how a form names a day, or none."""
    return NONE if day is None else day.isoformat()


def returned(form: Mapping[str, str], stood: date | None) -> Silence:
    """Return what came back; without a tick, all is as it stood."""
    return Silence(form.get("silence", value_of(stood))[:10], form.get("until", "").strip()[:20])


def offered(today: date, stood: date | None) -> dict[str, date]:
    """Return each span that is offered, by its name, with the day to which it reaches; not what stands already."""
    days = {name: today + span for name, span in SPANS.items()}
    return {name: day for name, day in days.items() if day != stood}


def day_of(text: str) -> date:
    """Return the day that was typed: `2026-11-16`, as browsers send it, or `16.11.2026`.

    Raises
    BadDate
    """
    try:
        if found := DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise BadDate from None


def written(day: date, language: Language) -> str:
    """Write a day as `language` does, after "until".

    >>> written(date(2026, 11, 16), Language("be"))
    '16 лістапада 2026\\xa0г.'
    """
    return format_date(day, "long", locale=language.code).replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
