"""Commentary files for tests: a good one, and the same with something changed."""

from pathlib import Path

GOOD = {"outlook": "worse", "headline": "A headline", "standfirst": "A standfirst."}
BODY = "One paragraph.\n"


def manuscript(*, body: str = BODY, **head: str | None) -> str:
    """Return a file's text; a key of the front matter that is None is left out."""
    lines = [f"{key}: {value}" for key, value in (GOOD | head).items() if value is not None]
    return "\n".join(["---", *lines, "---", "", body])


def write(root: Path, place: str, text: str | bytes | None = None) -> Path:
    """Write a file under `root/commentaries`; return its path."""
    path = root / "commentaries" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else (manuscript() if text is None else text).encode())
    return path
