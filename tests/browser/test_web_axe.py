"""Accessibility: axe, with its default rules, finds nothing on any page in any state; and every page fits a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

from tests.browser.camera import picture
from tests.browser.gallery import Gallery, status
from tests.servers.pages import Pages

pytestmark = pytest.mark.browser
LOOKS = ((320, "light"), (1280, "dark"))


RUN = "axe.run({resultTypes: ['violations']}).then(results => results.violations)"


def with_axe(tab: Page) -> Page:
    """Have axe in every page that a tab opens: once a page, however often it runs there."""
    from axe_playwright_python.sync_playwright import Axe  # only here: the rest of the suite runs without it

    tab.add_init_script(Axe().axe_script)
    return tab


def is_page(response: Response) -> bool:
    return response.request.resource_type == "document"


@pytest.mark.parametrize("code", ["be", "ru", "en"])
def test_axe_finds_nothing(pages: Pages, visit: Callable[..., Page], code: str) -> None:
    pages.runtime.publication = pages.runtime.publication.model_copy(update={"mail_in": True})  # they say more then
    tab = with_axe(visit())
    answered: list[int] = []
    tab.on("response", lambda response: answered.append(response.status) if is_page(response) else None)
    found = {}
    for name, way in Gallery(pages).ways.items():
        way(tab, code)
        tab.wait_for_load_state()
        assert answered[-1] == status(name, code), name
        for width, scheme in LOOKS:
            tab.set_viewport_size({"width": width, "height": 800})
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            violations = tab.evaluate(RUN)
            found[name, scheme] = [(rule["id"], rule["nodes"][0]["html"]) for rule in violations]
            if tab.evaluate("document.documentElement.scrollWidth") > width:
                found[name, scheme].append(("wider than the screen", str(width)))
        picture(tab, f"{code}-{name}")
    assert {page: faults for page, faults in found.items() if faults} == {}


def test_axe_would_find_something(pages: Pages, visit: Callable[..., Page]) -> None:
    tab = with_axe(visit())
    tab.goto(f"{pages.url}/be/subscribe")
    tab.evaluate("document.querySelector('label[for=email]').remove()")
    assert [rule["id"] for rule in tab.evaluate(RUN)] == ["label"]
