"""`newsletter suppressions import|lift|count`"""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from newsletter import addresses, subscribing
from newsletter.addresses import Address, InvalidAddress
from newsletter.cli.cells import BadFile, Progress, cells_of, header_of, opened, raw_lines
from newsletter.cli.reader import AddressArgument, nobody
from newsletter.cli.terminal import bar, operator, result, result_json, say
from newsletter.runtime import Runtime, runtime
from newsletter.store.audit import add_audit
from newsletter.store.suppressions import count_by_reason, lift
from newsletter.subscribing import Suppressed

app = typer.Typer(no_args_is_help=True, help="Addresses that are not to be written to; known by a keyed hash alone.")
AT_ONCE = 100
"""Addresses of one transaction: some of them may take a reader along."""

COLUMN = "email"
INVALID = 1
NOTHING_DONE = 1


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a column email; one address a line will do.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before readers are forgotten.")] = False,
) -> None:
    """Write to none of these addresses, as the list of an earlier service has it; bad lines are listed.

    Who of them reads here is forgotten, as if they had left: it asks first, and says how many they are.  No import of
    readers brings anybody back who is on the list; their own sign-up does.
    """
    here = runtime()
    found = _List(file)
    readers: set[bytes] = set()
    for some in found.batches():
        with here.database.reading() as session:
            readers |= subscribing.readers_among(session, here.keyring, some)
    if readers and not yes:
        say(f"{len(readers):,} of them read here, and would be forgotten as if they had left.  It cannot be undone.")
        if not typer.confirm("Go on?", err=True):
            say("nothing is stored")
            raise typer.Exit(NOTHING_DONE)
    done = Suppressed()
    for some in found.batches(aloud=True):
        done += _store(here, some)
    known = found.good - done.new
    result(f"suppressed {done.new}, already there {known}, readers forgotten {done.readers}, invalid {found.invalid}")
    if found.invalid:
        raise typer.Exit(INVALID)


def _store(here: Runtime, some: list[Address]) -> Suppressed:
    with here.database.transaction() as session:
        done = subscribing.suppress_addresses(session, here.keyring, some, today=here.today)
        if done.new:
            what = f"suppressed {done.new} imported, forgot {done.readers}"
            add_audit(session, now=here.clock(), who=operator(), what=what)
    return done


class _List:
    """A file of addresses, which may be of any size, and what was found in it when it was read last."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_file():
            raise BadFile(f"{path}: wants a file, for it is read twice")
        self.good = 0
        self.invalid = 0
        self._path = path

    def batches(self, *, aloud: bool = False) -> Iterator[list[Address]]:
        """Yield the addresses, some hundred at a time; `aloud` says how far it is, and which lines hold none.

        Raises
        BadFile: it cannot be read, or its header has no such column.
        """
        self.good = self.invalid = 0
        with opened(self._path) as file, bar("importing" if aloud else "reading", counted=False) as progress:
            far = Progress(os.fstat(file.fileno()).st_size)
            lines = raw_lines(file, far)
            columns = [name.lower() for name in header_of(self._path, next(lines, b""))]
            if COLUMN not in columns:
                raise BadFile(f"{self._path}:1: wants a header with the column {COLUMN}")
            some: list[Address] = []
            for number, line in enumerate(lines, 2):
                try:
                    if line.strip():
                        some.append(addresses.parse(cells_of(line, len(columns))[columns.index(COLUMN)]))
                except (InvalidAddress, csv.Error, UnicodeDecodeError) as error:
                    self.invalid += 1
                    if aloud:
                        fault = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error
                        say(f"{self._path}:{number}: {fault}")
                if len(some) == AT_ONCE:
                    self.good += len(some)
                    yield some
                    some = []
                    progress.show(far.octets_read, far.octets)
            self.good += len(some)
            yield some
            progress.show(far.octets_read, far.octets)


@app.command("lift")
def lift_(address: AddressArgument) -> None:
    """Take an address off the list, for its owner has asked you to; nobody is subscribed by it.

    Their own sign-up does the same without you, but for who has reported us as a nuisance.
    """
    here, wanted = runtime(), addresses.parse(address)
    with here.database.transaction() as session:
        lifted = lift(session, here.keyring.lookups(wanted.canonical))
        if lifted:
            add_audit(session, now=here.clock(), who=operator(), what="suppression lifted")
    if not lifted:
        nobody()
    result("lifted")


@app.command()
def count(as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False) -> None:
    """Count the addresses that are not to be written to, by reason."""
    with runtime().database.reading() as session:
        counted = count_by_reason(session)
    if as_json:
        result_json({reason.value: number for reason, number in counted.items()})
        return
    for reason, number in counted.items():
        result(f"{reason:<10} {number:>9,}")
