"""The public pages in a real browser: on a phone, by keyboard, without scripts, in print."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.servers.pages import Pages, count_readers

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
LANGUAGES = ("be", "ru", "en")


@pytest.mark.parametrize("width", [320, 360])
def test_no_page_is_wider_than_a_phone(pages: Pages, tails: list[str], visit: Visit, width: int) -> None:
    tab = visit(width=width)
    for code in LANGUAGES:
        for tail in tails:
            tab.goto(f"{pages.url}/{code}/{tail}")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, (code, tail)


def test_a_page_loads_its_style_sheet_and_nothing_else(pages: Pages, tails: list[str], visit: Visit) -> None:
    tab = visit()
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    for tail in tails:
        asked.clear()
        tab.goto(f"{pages.url}/be/{tail}")
        assert [url.rpartition(".")[2] for url in asked[1:]] in ([], ["css"]), asked  # a second time from its cache
        assert all(url.startswith(pages.url) for url in asked)
        assert tab.evaluate("getComputedStyle(document.querySelector('.masthead .name')).fontFamily").startswith(
            "Georgia"
        )
    assert [text for text in complaints if "404" not in text] == []
    assert tab.context.cookies() == []


def test_the_language_switch_leads_to_the_same_page(pages: Pages, tails: list[str], visit: Visit) -> None:
    tab = visit(scripts=False)
    for tail in ("", "archive", "2019-W41", "2019-W41/arms-industry", tails[6]):
        tab.goto(f"{pages.url}/be/{tail}")
        for name, code in (("Русский", "ru"), ("English", "en"), ("Беларуская", "be")):
            tab.get_by_role("banner").get_by_role("link", name=name, exact=True).click()
            assert tab.url == f"{pages.url}/{code}/{tail}"
            assert tab.locator("html").get_attribute("lang") == code


def test_from_the_board_to_a_commentary_and_back_by_keyboard(pages: Pages, visit: Visit) -> None:
    tab = visit(width=360)
    tab.goto(f"{pages.url}/en/")
    tab.keyboard.press("Tab")
    skip = tab.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    focused = tab.locator("main a:focus")
    expect(focused).to_have_count(1)
    assert focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    tab.get_by_role("link", name="View all").press("Enter")
    assert tab.url.endswith("/en/2019-W41")
    tab.get_by_role("link", name="The arms industry struggles to stay afloat").press("Enter")
    assert tab.url.endswith("/en/2019-W41/arms-industry")
    expect(tab.get_by_role("heading", level=1)).to_have_text("The arms industry struggles to stay afloat")


def test_the_board_leads_to_its_sections_on_the_week_s_page(pages: Pages, visit: Visit) -> None:
    tab = visit(scripts=False)
    tab.goto(f"{pages.url}/be/")
    tab.locator(".board").get_by_role("link", name="Бяспека").click()
    assert tab.url.endswith("/be/2019-W41#section-security")
    expect(tab.locator("#section-security h2")).to_be_in_viewport()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_button_lets_a_reader_go_without_scripts(pages: Pages, tails: list[str], visit: Visit, code: str) -> None:
    tab = visit(width=360, scripts=False)
    tab.goto(f"{pages.url}/{code}/{tails[7]}")
    tab.locator('main a[href*="/leave/"]').click()
    assert tab.url == f"{pages.url}/{code}/{tails[6]}"
    assert count_readers(pages.runtime) == 1
    tab.get_by_role("button").click()
    assert tab.locator("html").get_attribute("lang") == code
    expect(tab.get_by_role("button")).to_have_count(0)
    assert count_readers(pages.runtime) == 0


def test_following_every_link_changes_nothing(pages: Pages, tails: list[str], visit: Visit) -> None:
    tab = visit()
    for start in tails[6:8]:
        tab.goto(f"{pages.url}/be/{start}")
        for link in {str(item.get_attribute("href")) for item in tab.get_by_role("link").all()}:
            if link.startswith("/"):
                tab.goto(f"{pages.url}{link}")
    assert count_readers(pages.runtime) == 1


def test_on_paper_there_is_the_text_and_no_menu(pages: Pages, visit: Visit) -> None:
    tab = visit()
    tab.goto(f"{pages.url}/be/2019-W41")
    tab.emulate_media(media="print")
    expect(tab.get_by_role("article")).to_have_count(8)
    for menu in (".languages", ".menu", ".foot nav", ".neighbours"):
        expect(tab.locator(menu)).to_be_hidden()
