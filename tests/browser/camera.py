"""Pictures of pages for a person to look at: of every look, into the folder that TEST_SCREENSHOTS names, if it does."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = os.environ.get("TEST_SCREENSHOTS")
WIDTHS = (390, 1280)


def picture(tab: Page, name: str) -> None:
    """Take the whole page in both widths, light and dark; the page is left as it was."""
    if not FOLDER:
        return
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    before = tab.viewport_size
    was_dark = tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            tab.set_viewport_size({"width": width, "height": 844})
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            tab.screenshot(path=Path(FOLDER) / f"{name}-{width}-{scheme}.png", full_page=True)
    tab.emulate_media(color_scheme="dark" if was_dark else "light")
    if before:
        tab.set_viewport_size(before)
