"""Reading wishes to subscribe from the command line and from CSV files, line by line."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from newsletter import addresses
from newsletter.addresses import Address, InvalidAddress
from newsletter.digest import Variant
from newsletter.errors import OperatorError
from newsletter.publication import NoSuchEdition, Publication
from newsletter.subscribing import Wish

COLUMNS = (["email", "edition"], ["email", "edition", "languages"])
LONGEST_LINE = 2000


class BadFile(OperatorError):
    """Not a CSV file of readers; nothing was stored from there on."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a CSV file: a wish, or what is wrong with it (never quoting the address)."""

    number: int
    wish: Wish | None
    fault: str | None


@dataclass
class Reading:
    """A CSV file being read."""

    lines: Iterator[Line]
    octets: int
    file: BinaryIO

    @property
    def octets_read(self) -> int:
        """How far it is."""
        return self.file.tell()


def wish(publication: Publication, address: Address, edition: str, languages: str, variant: Variant) -> Wish:
    """Return the wish that the words spell; languages with commas or spaces between.

    Raises
    NoSuchEdition
    """
    wanted = publication.edition(edition)
    return Wish(address, wanted, wanted.order(tuple(languages.replace(",", " ").split())), variant)


@contextmanager
def read_csv(path: Path, publication: Publication) -> Iterator[Reading]:
    """Open a CSV file of readers; its lines are read as they are asked for.

    Raises
    BadFile: it cannot be read, or its header is another; while reading: it is not UTF-8.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    with file:
        text = _text(path, file)
        header = next(text, "").strip()
        if (columns := [cell.strip() for cell in header.split(",")]) not in COLUMNS:
            raise BadFile(f"{path}:1: wants the header email,edition or email,edition,languages")
        yield Reading(_lines(text, len(columns), publication), path.stat().st_size, file)


def _text(path: Path, file: BinaryIO) -> Iterator[str]:
    # Line by line by hand: a text wrapper would hide how far it is, and an unclosed quote must not eat the file.
    for number, raw in enumerate(file, 1):
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadFile(f"{path}:{number}: not UTF-8; save the file as CSV UTF-8") from None


def _lines(text: Iterator[str], columns: int, publication: Publication) -> Iterator[Line]:
    for number, raw in enumerate(text, 2):
        if not raw.strip():
            continue
        try:
            yield Line(number, _wish(raw, columns, publication), None)
        except (InvalidAddress, NoSuchEdition, csv.Error) as error:
            yield Line(number, None, str(error))


def _wish(raw: str, columns: int, publication: Publication) -> Wish:
    if len(raw) > LONGEST_LINE:
        raise csv.Error("the line is too long")
    (cells,) = csv.reader([raw.rstrip("\r\n")], strict=True)
    if len(cells) != columns:
        raise csv.Error(f"has {len(cells)} columns where the header has {columns}")
    email, edition, *languages = (cell.strip() for cell in cells)
    return wish(publication, addresses.parse(email), edition, " ".join(languages), Variant.FULL)
