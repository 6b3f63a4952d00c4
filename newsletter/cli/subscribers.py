"""`newsletter subscribers add|import|count`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import addresses, subscribing
from newsletter.cli.terminal import bar, result, result_json, say
from newsletter.cli.wishes import read_csv, wish
from newsletter.digest import Variant
from newsletter.runtime import Runtime, runtime
from newsletter.store.subscribers import count_by_state, readerships
from newsletter.subscribing import Wish

app = typer.Typer(no_args_is_help=True, help="Those who read.")
AT_ONCE = 1000


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="The e-mail address; you vouch for its owner's consent.")],
    edition: Annotated[str, typer.Option(help="Code of the edition.")],
    languages: Annotated[str, typer.Option(help="Order of languages, like ru,be; unset: the edition's own.")] = "",
    variant: Annotated[Variant, typer.Option(help="How the letter shows itself.")] = Variant.FULL,
) -> None:
    """Add one reader, active at once."""
    here = runtime()
    wanted = wish(here.publication, addresses.parse(address), edition, languages, variant)
    with here.database.transaction() as session:
        (added,) = subscribing.add(session, here.keyring, [wanted], today=here.clock().date())
    result("added" if added else "not added: subscribed already, or left and not to be written to again")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the columns email,edition[,languages].")],
) -> None:
    """Import readers, active at once; you vouch for their consent.  Good lines are stored, bad ones listed.

    Exit code 1 if a line was invalid, 2 if the file is not such a CSV at all.
    """
    here = runtime()
    added = known = invalid = 0
    with read_csv(file, here.publication) as reading, bar("importing", counted=False) as progress:
        good: list[Wish] = []
        for line in reading.lines:
            if line.wish is None:
                invalid += 1
                say(f"{file}:{line.number}: {line.fault}")
            else:
                good.append(line.wish)
            if len(good) == AT_ONCE:
                more = _store(here, good)
                added, known, good = added + more, known + len(good) - more, []
                progress.show(reading.octets_read, reading.octets)
        more = _store(here, good)
        added, known = added + more, known + len(good) - more
        progress.show(reading.octets_read, reading.octets)
    result(f"added {added}, already there {known}, invalid {invalid}")
    if invalid:
        raise typer.Exit(1)


def _store(here: Runtime, wishes: list[Wish]) -> int:
    with here.database.transaction() as session:
        return sum(subscribing.add(session, here.keyring, wishes, today=here.clock().date()))


@app.command()
def count(as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False) -> None:
    """Count subscribers by state, and the active ones by what they read."""
    with runtime().database.reading() as session:
        states = count_by_state(session)
        read = readerships(session)
    if as_json:
        rows = [
            {"edition": r.edition, "languages": r.languages.split(), "variant": r.variant, "readers": r.readers}
            for r in read
        ]
        result_json({**{state.value: number for state, number in states.items()}, "active_by_letter": rows})
        return
    for state, number in states.items():
        result(f"{state:<8} {number:>9,}")
    for row in read:
        result(f"  {row.edition:<8} {row.languages:<8} {row.variant:<9} {row.readers:>9,}")
