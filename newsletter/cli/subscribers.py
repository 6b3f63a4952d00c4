"""`newsletter subscribers add|import|count`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import addresses, publishing, subscribing
from newsletter.cli.sending import ring
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
    no_welcome: Annotated[bool, typer.Option("--no-welcome", help="Let them wait for the next digest.")] = False,
) -> None:
    """Add one reader, active at once, who gets the newest digest as a welcome."""
    here = runtime()
    wanted = wish(here.publication, addresses.parse(address), edition, languages, variant)
    added, welcomed = _store(here, [wanted], welcome=not no_welcome)
    result("added" if added else "not added: subscribed already, or left and not to be written to again")
    if welcomed:
        ring()


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the columns email,edition[,languages].")],
    welcome: Annotated[
        bool, typer.Option("--welcome", help="Send those who are added the newest digest that has gone out, too.")
    ] = False,
) -> None:
    """Import readers, active at once; you vouch for their consent.  Good lines are stored, bad ones listed.

    Exit code 1 if a line was invalid, 2 if the file is not such a CSV at all.
    """
    here = runtime()
    added = known = invalid = welcomed = 0
    with read_csv(file, here.publication) as reading, bar("importing", counted=False) as progress:
        good: list[Wish] = []
        for line in reading.lines:
            if line.wish is None:
                invalid += 1
                say(f"{file}:{line.number}: {line.fault}")
            else:
                good.append(line.wish)
            if len(good) == AT_ONCE:
                more, owed = _store(here, good, welcome=welcome)
                added, known, welcomed, good = added + more, known + len(good) - more, welcomed + owed, []
                progress.show(reading.octets_read, reading.octets)
        more, owed = _store(here, good, welcome=welcome)
        added, known, welcomed = added + more, known + len(good) - more, welcomed + owed
        progress.show(reading.octets_read, reading.octets)
    result(f"added {added}, already there {known}, invalid {invalid}")
    if welcomed:
        say(f"the newest digest goes out to {welcomed} of them")
        ring()
    if invalid:
        raise typer.Exit(1)


def _store(here: Runtime, wishes: list[Wish], *, welcome: bool) -> tuple[int, int]:
    """Add them in one transaction; return how many were added, and to how many the newest digest is owed."""
    with here.database.transaction() as session:
        were_added = subscribing.add(session, here.keyring, wishes, today=here.clock().date())
        new = [wish for wish, added in zip(wishes, were_added, strict=True) if added]
        if not new or not welcome:
            return len(new), 0
        refs = subscribing.refs_of(session, here.keyring, new)
        size = here.settings.batch_size
        return len(new), publishing.welcome(session, here.publication, refs, now=here.clock(), batch_size=size)


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
