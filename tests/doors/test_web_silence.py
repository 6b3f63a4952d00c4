"""Breaks: asked for in the form of preferences, with presets and a day of one's own; without any script."""

from datetime import date

import pytest
from lxml import html

from tests.doors.own_pages import chosen, pages, path, reader, ref, says_nothing_of_the_reader, silence, ticked
from tests.servers.forms import press
from tests.servers.pages import Pages

TODAY = date(2026, 11, 2)

__all__ = ["pages", "path", "ref"]


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ({"silence": "2026-11-16"}, date(2026, 11, 16)),
        ({"silence": "2026-12-02"}, date(2026, 12, 2)),
        ({"silence": "2027-02-01"}, date(2027, 2, 1)),
        ({"silence": "other", "until": "2026-11-03"}, date(2026, 11, 3)),
        ({"silence": "other", "until": " 24.12.2026 "}, date(2026, 12, 24)),
        ({"silence": "other", "until": "2027-11-03"}, date(2027, 11, 3)),
        ({"until": "2026-12-24"}, date(2026, 12, 24)),  # the tick was forgotten
        ({"silence": "2026-11-16", "until": "2026-12-24"}, date(2026, 11, 16)),  # the tick was moved
        ({"silence": None}, None),
        ({}, None),
    ],
)
def test_a_break_is_taken(pages: Pages, path: str, typed: dict[str, str], until: date | None) -> None:
    answer = press(pages, path, **typed)
    assert answer.status == 200
    assert chosen(pages)[3] == until
    assert reader(pages).state == ("active" if until is None else "paused")
    shown = html.document_fromstring(answer.text).cssselect(".pause")
    assert len(shown) == (until is not None)
    assert ticked(answer) == {
        "choice": "be-ru:ru-be",
        "variant": "full",
        "silence": until.isoformat() if until else "none",
        "until": "",
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("be", "Да 24 снежня 2026\xa0г. лістоў не будзе"),
        ("ru", "До 24 декабря 2026\xa0г. писем не будет"),
        ("en", "no letters come until December 24, 2026"),
    ],
)
def test_a_break_is_shown_kept_and_ended(pages: Pages, path: str, ref: bytes, code: str, words: str) -> None:
    silence(pages, ref, date(2026, 12, 24))
    path = path.replace("/be/", f"/{code}/")
    answer = pages.ask(path)
    assert words in answer.text
    assert ticked(answer)["silence"] == "2026-12-24"
    press(pages, path, choice="en:en")  # something else is changed meanwhile
    assert chosen(pages) == ("en", "en", "full", date(2026, 12, 24))
    press(pages, path, until="2026-12-31")
    assert chosen(pages)[3] == date(2026, 12, 31)
    answer = press(pages, path, silence="none", until="2026-12-24")
    assert (reader(pages).state, chosen(pages)[3]) == ("active", None)
    assert not html.document_fromstring(answer.text).cssselect(".pause")


def test_a_break_whose_day_has_come_is_over_though_nobody_has_written_that_down(
    pages: Pages, path: str, ref: bytes
) -> None:
    silence(pages, ref, TODAY)
    answer = pages.ask(path)
    assert not html.document_fromstring(answer.text).cssselect(".pause")
    assert press(pages, path, variant="discreet").status == 200
    assert (reader(pages).state, chosen(pages)[3]) == ("active", None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("be", "Выберыце дзень не раней за заўтрашні"),
        ("ru", "Выберите день не раньше завтрашнего"),
        ("en", "Choose a day from tomorrow on"),
    ],
)
@pytest.mark.parametrize(
    "typed",
    ["2026-11-02", "2020-01-01", "2027-11-04", "9999-12-31", "31.02.2027", "", "soon", "<b>", "2026-11-16T00:00"],
)
def test_a_day_that_makes_no_sense_is_said_in_the_form(
    pages: Pages, path: str, code: str, words: str, typed: str
) -> None:
    answer = press(
        pages, path.replace("/be/", f"/{code}/"), choice="en:en", variant="discreet", silence="other", until=typed
    )
    assert answer.status == 400
    assert says_nothing_of_the_reader(answer)
    page = html.document_fromstring(answer.text)
    assert words in page.cssselect("#silence-fault")[0].text
    assert page.cssselect("[aria-invalid=true]")[0].get("aria-describedby") == "silence-fault"
    assert page.cssselect("[role=alert]")
    kept = {"choice": "en:en", "variant": "discreet", "silence": "other", "until": typed}
    assert ticked(answer) == kept
    assert chosen(pages) == ("be-ru", "ru be", "full", None)
