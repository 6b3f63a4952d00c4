"""Accessibility: axe, with its default rules, finds nothing on any page, light or dark, wide or narrow."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.servers.pages import Pages

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1100, True)], ids=["phone-light", "desktop-dark"])
def test_axe_finds_nothing(pages: Pages, tails: list[str], visit: Callable[..., Page], width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe  # only here: the rest of the suite runs without it

    tab = visit(width=width, dark=dark)
    for code in ("be", "ru", "en"):
        for tail in tails:
            tab.goto(f"{pages.url}/{code}/{tail}")
            found = Axe().run(tab).response["violations"]
            assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], (code, tail)
