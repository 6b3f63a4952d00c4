"""`newsletter digest assemble|preview|approve|send|status WEEK`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import publishing
from newsletter.cli.ringing import ring
from newsletter.cli.sending import wait
from newsletter.cli.status import show_status
from newsletter.cli.terminal import operator, result, result_json, say, week_argument
from newsletter.publishing import kinds_offered
from newsletter.runtime import runtime
from newsletter.store.notices import newest_notice, unseen_notices
from newsletter.weeks import Week

app = typer.Typer(no_args_is_help=True, help="A week's digest on its way to the readers.")
WeekArgument = Annotated[Week, typer.Argument(parser=week_argument, metavar="WEEK", help="ISO week, like 2019-W41.")]


@app.command()
def assemble(week: WeekArgument) -> None:
    """Assemble the digest from the commentaries as they stand; again and again until it is planned."""
    here = runtime()
    with here.database.transaction() as session:
        publishing.assemble(session, here.publication, week)
    with here.database.reading() as session:
        show_status(publishing.status(session, here.publication, week))


@app.command()
def preview(
    week: WeekArgument,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    edition: Annotated[str | None, typer.Option(help="Code of one edition; unset: all.")] = None,
) -> None:
    """Write .html, .txt and .eml of every order and variant that the edition offers, read by somebody or not."""
    here = runtime()
    chosen = None if edition is None else here.publication.edition(edition)
    with here.database.reading() as session:
        digest = publishing.digest_to_show(session, here.publication, week)
    out.mkdir(parents=True, exist_ok=True)
    kinds = kinds_offered(here.publication, chosen)
    written = 0
    for shown in publishing.previews(
        digest, here.publication, kinds, keyring=here.keyring, signers=here.signers, now=here.clock()
    ):
        languages = "-".join(language.code for language in shown.kind.order)
        name = f"{week}.{shown.kind.edition.code}.{languages}.{shown.kind.variant}"
        for suffix, content in (("html", shown.html), ("txt", shown.text), ("eml", shown.message)):
            (out / f"{name}.{suffix}").write_bytes(content)
            result(str(out / f"{name}.{suffix}"))
        written += 1
    if written < len(kinds):
        say(f"{len(kinds) - written} letters would be empty: no commentary in any of their languages")


@app.command()
def approve(week: WeekArgument) -> None:
    """Approve the digest as it is assembled: what is approved is what goes out."""
    here = runtime()
    with here.database.transaction() as session:
        publishing.approve(session, here.publication, week, now=here.clock(), who=operator())
    result(f"{week}: approved")


@app.command()
def send(
    week: WeekArgument,
    wait_for_it: Annotated[
        bool, typer.Option("--wait", help="Show a bar until nothing is queued or on the wire; exit 3 if some wait.")
    ] = False,
) -> None:
    """Send the digest: assemble if need be, plan once, ring; workers deliver.  Again: rings only."""
    here = runtime()
    here.check()
    with here.database.reading() as session:
        known = newest_notice(session)
    with here.database.transaction() as session:
        done = publishing.send(
            session,
            here.publication,
            week,
            now=here.clock(),
            who=operator(),
            batch_size=here.settings.batch_size,
        )
    if done.planned_now:
        result(f"{week}: planned for {done.planned} readers")
    else:
        result(f"{week}: goes on" if done.resumed else f"{week}: planned already")
    ring()
    if wait_for_it:
        raise typer.Exit(wait(here, week, after=known))


@app.command()
def status(
    week: WeekArgument, as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False
) -> None:
    """Show where the digest stands: every delivery counted, every letter with its fallbacks."""
    here = runtime()
    with here.database.reading() as session:
        found = publishing.status(session, here.publication, week)
        unseen = [notice for notice in unseen_notices(session) if notice.week == str(week)]
    if as_json:
        result_json(found.to_json())
        return
    show_status(found)
    for notice in unseen:
        say(f"{week}: {notice.kind}: {notice.text}" if notice.text else f"{week}: {notice.kind}")
