"""`newsletter subscribers export FILE`"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from newsletter import agefile
from newsletter.cli.cells import guarded
from newsletter.cli.passphrases import PassphraseFile, new_passphrase
from newsletter.cli.terminal import Bar, bar, operator, result, say
from newsletter.cli.wishes import EXPORTED
from newsletter.errors import OperatorError
from newsletter.privatefile import new_file
from newsletter.runtime import Runtime, runtime
from newsletter.sealing import Unsealable
from newsletter.store.audit import add_audit
from newsletter.store.exporting import Sealed, count_subscribers, subscribers_above

AT_ONCE = 1000
NOT_WHOLE = 1


class NoPlace(OperatorError):
    """The file cannot be written there; nothing was."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    file: Annotated[Path, typer.Argument(help="Where to; never over a file that exists.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write all readers, their addresses too, to a file encrypted with a passphrase; asks first.

    A CSV in the `age` format: `age --decrypt FILE` opens it, and `subscribers import` takes it as it is.  Cells that a
    spreadsheet would take for a formula have an apostrophe before them.
    """
    here = runtime()
    with here.database.reading() as session:
        there_are = count_subscribers(session)
    if not there_are:
        say("there is nobody to export; nothing is written")
        raise typer.Exit(NOT_WHOLE)
    if file.exists():
        raise NoPlace(f"{file}: there is a file already; it is never written over")
    say(f"The addresses of all readers go to {file}: whoever has that file and its passphrase has the list.")
    typer.echo("Type the number of readers to go on: ", nl=False, err=True)
    if sys.stdin.readline().replace(",", "").strip() != str(there_are):
        say("that is not their number (newsletter subscribers count); nothing is written")
        raise typer.Exit(NOT_WHOLE)
    passphrase = new_passphrase(passphrase_file)
    export = _Export(here, there_are)
    try:
        with bar("exporting") as progress, new_file(file) as out:
            agefile.encrypt(out, export.parts(progress), passphrase)
            # Before the file has its name: none is there that the audit does not know of.
            with here.database.transaction() as session:
                add_audit(session, now=here.clock(), who=operator(), what=f"exported {export.written} readers")
    except FileExistsError:
        raise NoPlace(f"{file}: there is a file already; it is never written over") from None
    except OSError as error:
        raise NoPlace(f"{file}: {error.strerror}") from None
    result(f"exported {export.written}")
    if export.damaged:
        say(f"{export.damaged} left out: their addresses cannot be opened with this key file")
        raise typer.Exit(NOT_WHOLE)


class _Export:
    """The file's lines, made as they are asked for, some hundred readers at a time."""

    def __init__(self, here: Runtime, total: int) -> None:
        self.written = 0
        self.damaged = 0
        self._here = here
        self._total = total

    def parts(self, progress: Bar) -> Iterator[bytes]:
        yield _csv([EXPORTED])
        last = 0
        while True:
            with self._here.database.reading() as session:
                found = subscribers_above(session, last, limit=AT_ONCE)
            if not found:
                return
            yield _csv(list(self._lines(found)))
            last = found[-1].id
            done = self.written + self.damaged
            progress.show(done, max(done, self._total))

    def _lines(self, found: Iterable[Sealed]) -> Iterator[list[str]]:
        for one in found:
            try:
                address = self._here.keyring.open(one.sealed, bound_to=one.ref)
            except Unsealable:
                self.damaged += 1
                continue
            self.written += 1
            yield [
                address,
                one.edition,
                one.languages,
                one.variant.value,
                one.state.value,
                one.paused_until.isoformat() if one.paused_until else "",
                one.stop_reason or "",
                one.tongue,
                one.since_day.isoformat(),
            ]


def _csv(lines: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([guarded(cell) for cell in line] for line in lines)
    return text.getvalue().encode()
