"""Reading the documents: their code blocks, what they name in code type, their sections and tables."""

import re
from collections.abc import Iterator
from pathlib import Path

from docs import generate

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
OPERATING = ROOT / "docs" / "operating.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("seeds/*.md")])
COMMANDS = dict(generate.commands())

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a language, without their indentation."""
    return [
        "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        for indent, name, body in FENCE.findall(read(page))
        if name == language
    ]


def lines(page: Path) -> list[str]:
    """Return the lines of a page's `sh` blocks."""
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", read(page))


def code(page: Path) -> list[str]:
    """Return what stands in code type within the text."""
    return CODE.findall(prose(page))


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading, up to the next of its rank."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of a text's tables, row by row."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def first_cells(text: str) -> list[str]:
    """Return what stands in code type, and alone, in the first cells of a text's tables."""
    return [cells[0].strip("`") for cells in rows(text) if re.fullmatch(r"`[^`]+`", cells[0])]
