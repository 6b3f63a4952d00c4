"""CSV files: read line by line, whatever is in them; written so that no spreadsheet takes a cell for a formula.

A cell that begins with `= + - @`, a tab or a line end would be run; an apostrophe before it says that it is text.  So
does one more before a cell that already looks guarded: each comes back as it was.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import OperatorError

LONGEST_LINE = 2000
"""Octets."""

FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
"""What spreadsheets take for the start of a formula, also in the wide forms that some read as the narrow ones."""


class BadFile(OperatorError):
    """Not such a CSV file; nothing was stored."""


@dataclass
class Progress:
    """How far a file has been read."""

    octets: int
    octets_read: int = 0


def opened(path: Path) -> BufferedReader:
    """Open a file to read.

    Raises
    BadFile: it cannot be.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None


def raw_lines(file: BinaryIO, progress: Progress) -> Iterator[bytes]:
    """Yield the lines of a file, those that are too long cut to a little more than may be."""
    # Line by line by hand: an unclosed quote must not eat the file, nor an endless line the memory.
    while line := file.readline(LONGEST_LINE + 1):
        progress.octets_read += len(line)
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
            progress.octets_read += len(rest)
        yield line
    progress.octets = progress.octets_read  # of an encrypted file, and of a pipe, it is known only now


def header_of(path: Path, raw: bytes) -> list[str]:
    """Return the names of the columns; none if the first line is no CSV.

    Raises
    BadFile: not UTF-8.
    """
    try:
        return _cells(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadFile(f"{path}:1: not UTF-8; save the file as CSV UTF-8") from None
    except csv.Error:
        return []


def cells_of(raw: bytes, columns: int) -> list[str]:
    """Return the cells of one line.

    Raises
    csv.Error, UnicodeDecodeError: it is none of so many columns.  Neither quotes a cell in its text.
    """
    if len(raw) > LONGEST_LINE:
        raise csv.Error("the line is too long")
    cells = _cells(raw.decode())
    if len(cells) != columns:
        raise csv.Error(f"has {len(cells)} columns where the header has {columns}")
    return cells


def _cells(text: str) -> list[str]:
    (cells,) = csv.reader([text.rstrip("\r\n")], strict=True)
    return [cell.strip() for cell in cells]


def guarded(cell: str) -> str:
    """Return a cell that is text to every spreadsheet.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("o'hara@example.org")
    ("'=1+1", "''=1+1", "o'hara@example.org")
    """
    return "'" + cell if cell.lstrip("'").startswith(FORMULAS) else cell


def unguarded(cell: str) -> str:
    """Return what `guarded` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULAS) else cell
