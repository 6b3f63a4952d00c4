"""`newsletter subscribers add|import|count`"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from newsletter import addresses, publishing, subscribing
from newsletter.cli.passphrases import PassphraseFile, known_passphrase
from newsletter.cli.ringing import ring
from newsletter.cli.terminal import bar, result, result_json, say
from newsletter.cli.wishes import Line, read_csv, wish
from newsletter.digest import Variant
from newsletter.runtime import Runtime, runtime
from newsletter.store.inquiry import count_waiting
from newsletter.store.subscribers import count_by_state, readerships
from newsletter.store.tallies import tallies

app = typer.Typer(no_args_is_help=True, help="Those who read.")
AT_ONCE = 1000
LEFT = "left:"
"""Before the reason why somebody left, among the tallies."""


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
    stored = _store(here, [Line(1, wanted, None)], welcome=not no_welcome)
    if stored.left:
        result("not added: left before, or is not to be written to; only their own sign-up brings them back")
    else:
        result("added" if stored.added else "not added: subscribed already")
    if stored.welcomed:
        ring()


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns email,edition[,languages[,variant]]; or an export.")
    ],
    welcome: Annotated[
        bool, typer.Option("--welcome", help="Send those who are added the newest digest that has gone out, too.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Import readers, active at once; you vouch for their consent.  Good lines are stored, bad ones listed.

    An export is taken as it is, encrypted: who had asked for silence is silent here too, who was stopped is not added.

    Exit code 1 if a line was invalid, 2 if the file is not such a CSV at all.
    """
    here = runtime()
    invalid = stopped = 0
    all_in_all = Stored()
    asking = partial(known_passphrase, passphrase_file)
    with (
        read_csv(file, here.publication, passphrase=asking) as reading,
        bar("importing", counted=False) as progress,
    ):
        good: list[Line] = []
        for line in reading.lines:
            if line.wish is None:
                invalid += 1
                say(f"{file}:{line.number}: {line.fault}")
            elif line.stopped:
                stopped += 1
            else:
                good.append(line)
            if len(good) == AT_ONCE:
                all_in_all, good = all_in_all + _store(here, good, welcome=welcome), []
                progress.show(reading.octets_read, reading.octets)
        all_in_all += _store(here, good, welcome=welcome)
        progress.show(reading.octets_read, reading.octets)
    result(f"added {all_in_all.added}, already there {all_in_all.known}, invalid {invalid}")
    if all_in_all.left:
        say(f"left before, not added: {all_in_all.left}")
    if stopped:
        say(f"stopped where they come from, not added: {stopped}")
    if all_in_all.welcomed:
        say(f"the newest digest goes out to {all_in_all.welcomed} of them")
        ring()
    if invalid:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of wishes: added, there already, not to be written to; and to how many the newest digest is owed."""

    added: int = 0
    known: int = 0
    left: int = 0
    welcomed: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.added + other.added,
            self.known + other.known,
            self.left + other.left,
            self.welcomed + other.welcomed,
        )


def _store(here: Runtime, lines: Sequence[Line], *, welcome: bool) -> Stored:
    """Add them in one transaction."""
    wishes = [line.wish for line in lines if line.wish]
    now = here.clock()
    with here.database.transaction() as session:
        were_added = subscribing.add(session, here.keyring, wishes, today=here.today)
        new = [wish for wish, added in zip(wishes, were_added, strict=True) if added]
        others = [wish for wish, added in zip(wishes, were_added, strict=True) if not added]
        for line, added in zip(lines, were_added, strict=True):
            if line.wish and line.silent_until and added:
                subscribing.silence_address(session, here.keyring, line.wish.address, line.silent_until)
        left = subscribing.count_left(session, here.keyring, others)
        owed = 0
        if new and welcome:
            refs = subscribing.refs_of(session, here.keyring, new)
            size = here.settings.batch_size
            owed = publishing.welcome(session, here.publication, refs, now=now, batch_size=size)
    return Stored(len(new), len(others) - left, left, owed)


@app.command()
def count(as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False) -> None:
    """Count subscribers by state, the active ones by what they read, and why people left, where they said so."""
    here = runtime()
    with here.database.reading() as session:
        states = count_by_state(session)
        read = readerships(session)
        asked = count_waiting(session, now=here.clock())
        left = [
            (f"{row.month:%Y-%m}", row.what.removeprefix(LEFT), row.number)
            for row in tallies(session)
            if row.what.startswith(LEFT)
        ]
    if as_json:
        rows = [
            {"edition": r.edition, "languages": r.languages.split(), "variant": r.variant, "readers": r.readers}
            for r in read
        ]
        reasons = [{"month": month, "why": why, "readers": number} for month, why, number in left]
        counted = {state.value: number for state, number in states.items()}
        result_json({**counted, "asked": asked, "active_by_letter": rows, "left": reasons})
        return
    for state, number in states.items():
        result(f"{state:<8} {number:>9,}")
    for row in read:
        result(f"  {row.edition:<8} {row.languages:<8} {row.variant:<9} {row.readers:>9,}")
    if asked:
        result(f"{'asked':<8} {asked:>9,}  (to confirm; they have not yet)")
    for month, why, number in left:
        result(f"left {month}  {why:<10} {number:>9,}")
