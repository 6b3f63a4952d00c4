"""What makes a file unreadable."""


class Misread(Exception):
    """Faults of one file, each (line, what is wrong)."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(faults)
        self.faults = faults


def has_controls(text: str) -> bool:
    """Say whether a text holds what neither a header nor a page can show: controls, line breaks, half characters."""
    return any(
        ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" or 0xD800 <= ord(char) < 0xE000
        for char in text
    )
