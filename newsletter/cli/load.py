"""`newsletter load PATH`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import editing
from newsletter.cli.terminal import operator, result, say
from newsletter.editing import Change
from newsletter.runtime import runtime
from newsletter.store.audit import CORRECTED, add_audit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    path: Annotated[Path, typer.Argument(help="Folder that holds commentaries/<week>/<section>/<slug>.<lang>.md.")],
    correct: Annotated[
        bool, typer.Option("--correct", help="Mend the archive of a week that is planned; letters stay as they are.")
    ] = False,
) -> None:
    """Load commentaries: a week that PATH holds becomes exactly what is there; all or nothing."""
    here = runtime()
    weeks = editing.read_tree(path, here.publication)
    with here.database.transaction() as session:
        report = editing.load(session, weeks, correct=correct)
        for week in report.corrected:
            add_audit(session, now=here.clock(), who=operator(), what=CORRECTED, ref=str(week))
    for week, changes in report.changes.items():
        counted = [f"{n} {change}" for change in Change if (n := list(changes.values()).count(change))]
        result(f"{week}: {', '.join(counted)}")
    for week in report.reopened:
        say(f"{week}: the digest that was assembled is out of date; assemble (and approve) it again")
    for week in report.corrected:
        say(f"{week}: the archive is mended; the letters stay as they were planned")
