"""In which order files of tests run, and which of them go to one worker of pytest-xdist.

By itself it begins with the files that have the most tests and ends with the longest, of few tests each: one worker
would be busy with the last of them for a minute, and the other idle.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

LONG = ("tests/journeys/", "tests/browser/", "tests/test_")
"""What files begin with that take seconds a test, the longest first."""

TOGETHER = {"tests/browser/test_web_scanners.py": "tests/browser/test_web_journeys.py"}
"""Files that share what takes long to start: here the whole service."""


class LongestFirst(LoadFileScheduling):
    """A file goes to one worker, and those of `TOGETHER` to one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort them by what is known of their files; within a file, and among files of a kind, they stay as they are."""
    items.sort(key=lambda item: next((place for place, start in enumerate(LONG) if item.nodeid.startswith(start)), 9))
