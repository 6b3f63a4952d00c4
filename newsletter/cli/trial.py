"""`newsletter test-send WEEK --edition E --to ADDRESS`"""

from typing import Annotated

import typer

from newsletter import addresses, publishing
from newsletter.addresses import InvalidAddress
from newsletter.cli.terminal import operator, result, say, week_argument
from newsletter.digest import Variant
from newsletter.errors import Faults
from newsletter.outcomes import State
from newsletter.publishing import Kind
from newsletter.runtime import runtime
from newsletter.weeks import Week


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test-send")(test_send)


def test_send(
    week: Annotated[Week, typer.Argument(parser=week_argument, metavar="WEEK", help="ISO week, like 2019-W41.")],
    edition: Annotated[str, typer.Option(help="Code of the edition.")],
    to: Annotated[list[str], typer.Option(help="Where to; may be given up to 20 times.")],
    languages: Annotated[str, typer.Option(help="Order of languages, like ru,be; unset: the edition's own.")] = "",
    variant: Annotated[Variant, typer.Option(help="How the letter shows itself.")] = Variant.FULL,
) -> None:
    """Send the real letter with a made-up reader, its subject marked [test]; exit code 1 if one was not taken."""
    here = runtime()
    wanted = here.publication.edition(edition)
    kind = Kind(wanted, wanted.order(tuple(languages.replace(",", " ").split())), variant)
    outcomes = publishing.test_send(
        here.database,
        here.publication,
        week,
        kind,
        _addresses(to),
        keyring=here.keyring,
        signers=here.signers,
        servers=here.servers,
        now=here.clock(),
        who=operator(),
    )
    for address, outcome in zip(to, outcomes, strict=True):
        words = " ".join(str(part) for part in (outcome.code, outcome.enhanced, outcome.text) if part)
        state = outcome.state if outcome.state is not State.QUEUED else "not sent"
        result(f"{address}: {state}" + (f" ({words})" if words else ""))
    if any(outcome.state is not State.SENT for outcome in outcomes):
        say("not every address was taken")
        raise typer.Exit(1)


def _addresses(texts: list[str]) -> list[addresses.Address]:
    found: list[addresses.Address] = []
    faults: list[str] = []
    for number, text in enumerate(texts, 1):
        try:
            found.append(addresses.parse(text))
        except InvalidAddress as error:
            faults.append(f"--to, number {number}: {error}")
    if faults:
        raise Faults(faults)
    return found
