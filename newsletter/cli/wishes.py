"""Reading wishes to subscribe from the command line and from CSV files, line by line."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
"""Octets."""


class BadFile(OperatorError):
    """Not a CSV file of readers; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a CSV file: a wish, or what is wrong with it (never quoting a cell: any may hold an address)."""

    number: int
    wish: Wish | None
    fault: str | None


@dataclass
class Reading:
    """A CSV file being read, and how far it is."""

    octets: int
    octets_read: int = 0
    lines: Iterator[Line] = field(default_factory=lambda: iter(()))


def wish(publication: Publication, address: Address, edition: str, languages: str, variant: Variant) -> Wish:
    """Return the wish that the words spell; languages with commas or spaces between.

    Raises
    NoSuchEdition
    """
    wanted = publication.edition(edition)
    return Wish(address, wanted, wanted.order(tuple(languages.replace(",", " ").split())), variant)


@contextmanager
def read_csv(path: Path, publication: Publication) -> Iterator[Reading]:
    """Open a CSV file of readers; its lines are read as they are asked for, so it may be of any size.

    Raises
    BadFile: it cannot be read, or its header is another.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    with file:
        reading = Reading(os.fstat(file.fileno()).st_size)
        raw = _raw(file, reading)
        columns = len(_header(path, next(raw, b"")))
        reading.lines = _lines(raw, columns, publication)
        yield reading


def _raw(file: BinaryIO, reading: Reading) -> Iterator[bytes]:
    # Line by line by hand: an unclosed quote must not eat the file, nor an endless line the memory.
    while line := file.readline(LONGEST_LINE + 1):
        reading.octets_read += len(line)
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
            reading.octets_read += len(rest)
        yield line


def _header(path: Path, raw: bytes) -> list[str]:
    try:
        columns = _cells(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadFile(f"{path}:1: not UTF-8; save the file as CSV UTF-8") from None
    except csv.Error:
        columns = []
    if columns not in COLUMNS:
        raise BadFile(f"{path}:1: wants the header email,edition or email,edition,languages")
    return columns


def _lines(raw: Iterator[bytes], columns: int, publication: Publication) -> Iterator[Line]:
    for number, octets in enumerate(raw, 2):
        if not octets.strip():
            continue
        try:
            yield Line(number, _wish(octets, columns, publication), None)
        except (InvalidAddress, csv.Error) as error:
            yield Line(number, None, str(error))
        except NoSuchEdition:
            yield Line(number, None, f"no such edition, or no such order; there are: {_offered(publication)}")
        except UnicodeDecodeError:
            yield Line(number, None, "not UTF-8")


def _wish(octets: bytes, columns: int, publication: Publication) -> Wish:
    if len(octets) > LONGEST_LINE:
        raise csv.Error("the line is too long")
    cells = _cells(octets.decode())
    if len(cells) != columns:
        raise csv.Error(f"has {len(cells)} columns where the header has {columns}")
    email, edition, *languages = cells
    return wish(publication, addresses.parse(email), edition, " ".join(languages), Variant.FULL)


def _cells(text: str) -> list[str]:
    (cells,) = csv.reader([text.rstrip("\r\n")], strict=True)
    return [cell.strip() for cell in cells]


def _offered(publication: Publication) -> str:
    orders = {one.code: [",".join(item.code for item in order) for order in one.orders] for one in publication.editions}
    return "; ".join(f"{code} with {' or '.join(found)}" for code, found in orders.items())
