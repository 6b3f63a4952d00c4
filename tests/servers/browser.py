"""Finding the distribution's Chromium; a library's own download is never used."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = f"no Chromium: none of {', '.join(NAMES)} on PATH"


def find_chromium() -> str | None:
    """Return its path, or None if there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)
