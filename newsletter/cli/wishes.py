"""Reading wishes to subscribe from the command line and from CSV files, line by line."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from newsletter import addresses, agefile
from newsletter.addresses import Address, InvalidAddress
from newsletter.cli.cells import BadFile, Progress, cells_of, header_of, opened, raw_lines, unguarded
from newsletter.digest import Variant
from newsletter.publication import NoSuchEdition, Publication
from newsletter.store.subscribers import SubscriberState
from newsletter.subscribing import Wish

EXPORTED = ["email", "edition", "languages", "variant", "state", "paused_until", "stop_reason", "tongue", "since"]
"""The header of an export."""

COLUMNS = (EXPORTED[:2], EXPORTED[:3], EXPORTED[:4], EXPORTED)
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a CSV file: a wish, or what is wrong with it (never quoting a cell: any may hold an address).

    An export also says who was stopped, and who is to get nothing until a day.
    """

    number: int
    wish: Wish | None
    fault: str | None
    stopped: bool = False
    silent_until: date | None = None


@dataclass
class Reading(Progress):
    """A CSV file being read, and how far it is."""

    lines: Iterator[Line] = field(default_factory=lambda: iter(()))


def wish(publication: Publication, address: Address, edition: str, languages: str, variant: Variant) -> Wish:
    """Return the wish that the words spell; languages with commas or spaces between.

    Raises
    NoSuchEdition
    """
    wanted = publication.edition(edition)
    return Wish(address, wanted, wanted.order(tuple(languages.replace(",", " ").split())), variant)


@contextmanager
def read_csv(path: Path, publication: Publication, *, passphrase: Callable[[], str] = lambda: "") -> Iterator[Reading]:
    """Open a CSV file of readers; its lines are read as they are asked for, so it may be of any size.

    Where it is encrypted (an export), `passphrase` is asked for the passphrase.

    Raises
    BadFile: it cannot be read, or its header is another.
    NotOpened: it is encrypted, and the passphrase is another one; also later, where it is found to be damaged.
    """
    with opened(path) as file:
        reading = Reading(os.fstat(file.fileno()).st_size)
        encrypted = agefile.is_encrypted(file.peek(len(agefile.MAGIC)))
        raw = raw_lines(agefile.decrypt(file, passphrase()) if encrypted else file, reading)
        reading.lines = _lines(raw, _header(path, next(raw, b"")), publication)
        yield reading


def _header(path: Path, raw: bytes) -> list[str]:
    columns = header_of(path, raw)
    if columns not in COLUMNS:
        raise BadFile(f"{path}:1: wants the header email,edition or email,edition,languages[,variant], or an export's")
    return columns


def _lines(raw: Iterator[bytes], columns: list[str], publication: Publication) -> Iterator[Line]:
    for number, octets in enumerate(raw, 2):
        if not octets.strip():
            continue
        try:
            yield _line(number, octets, columns, publication)
        except (InvalidAddress, csv.Error) as error:
            yield Line(number, None, str(error))
        except NoSuchEdition:
            yield Line(number, None, f"no such edition, or no such order; there are: {_offered(publication)}")
        except UnicodeDecodeError:
            yield Line(number, None, "not UTF-8")


def _line(number: int, octets: bytes, columns: list[str], publication: Publication) -> Line:
    cells = cells_of(octets, len(columns))
    if columns == EXPORTED:
        cells = [unguarded(cell) for cell in cells]
    said = dict(zip(columns, cells, strict=True))
    address = addresses.parse(said["email"])
    variant = _one_of(Variant, said.get("variant"), Variant.FULL, "no such variant; there are: full, discreet")
    state = _one_of(SubscriberState, said.get("state"), SubscriberState.ACTIVE, "no such state")
    wanted = wish(publication, address, said["edition"], said.get("languages", ""), variant)
    return Line(
        number,
        wanted,
        None,
        stopped=state is SubscriberState.STOPPED,
        silent_until=_day(said["paused_until"]) if state is SubscriberState.PAUSED else None,
    )


def _one_of(words: type[Word], cell: str | None, unset: Word, fault: str) -> Word:
    try:
        return words(cell) if cell else unset
    except ValueError:
        raise csv.Error(fault) from None


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise csv.Error("no such day") from None


def _offered(publication: Publication) -> str:
    orders = {one.code: [",".join(item.code for item in order) for order in one.orders] for one in publication.editions}
    return "; ".join(f"{code} with {' or '.join(found)}" for code, found in orders.items())
