"""A real Chromium and the public pages for it to open."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.tokens import Purpose
from tests.servers.browser import NO_BROWSER, find_chromium
from tests.servers.pages import Pages, add_reader, load_seeds, runtime_at
from tests.servers.running import Running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium, headless; not for the session, because Playwright's loop would still run in others'
    tests, where `asyncio.run` refuses a second one."""
    found = find_chromium()
    assert found, NO_BROWSER
    with sync_playwright() as playwright:
        # Its sandbox does not start as root, and the only pages opened are ours.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The whole service, begun once; who works it is quicker than a person, and comes back the same day."""
    with Running(FORM_SECONDS="0", CONFIRM_PER_DAY="20", CONFIRM_PER_MONTH="20") as service:
        yield service


@pytest.fixture
def pages(sqlite_template: Path, tmp_path: Path) -> Iterator[Pages]:
    """Running pages with the sample publication and one reader."""
    shutil.copy(sqlite_template, tmp_path / "newsletter.sqlite")
    runtime = runtime_at(f"sqlite:///{tmp_path / 'newsletter.sqlite'}", tmp_path, form_seconds=0)
    load_seeds(runtime)
    with Pages(runtime) as running:
        yield running


@pytest.fixture
def tails(pages: Pages) -> list[str]:
    """One of every kind of page, without its language."""
    ref = add_reader(pages.runtime)
    return [
        "",
        "archive",
        "sections/ruling-elite",
        "2019-W41",
        "2019-W41/level-of-talks",
        "2019-W41/language-of-official-news",
        f"leave/{pages.token(Purpose.LEAVE, ref)}",
        f"preferences/{pages.token(Purpose.PREFERENCES, ref)}",
        "leave/foreign",
        "nothing",
        "privacy",
    ]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a tab: `visit(width=360, dark=True, scripts=False)`."""
    opened = []

    def open_tab(*, width: int = 1100, height: int = 800, dark: bool = False, scripts: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        opened.append(context)
        return context.new_page()

    yield open_tab
    for context in opened:
        context.close()
