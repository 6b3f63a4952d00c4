"""`newsletter keys new|rotate|dkim`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.rotation import Resealing
from newsletter.cli.terminal import operator, result, say
from newsletter.errors import OperatorError
from newsletter.keyfile import add_next, create_key_file, has_next, seal_with_another
from newsletter.letters.dkimkeys import create_signing_key, dns_name, dns_value, zone_line
from newsletter.letters.signing import checked_names
from newsletter.runtime import Runtime, runtime
from newsletter.settings import load_settings
from newsletter.store.audit import add_audit

LEFT = 1

app = typer.Typer(no_args_is_help=True, help="The keys that seal addresses, and those that sign letters.")


@app.command()
def new(
    path: Annotated[Path | None, typer.Argument(help="Where to; unset: NEWSLETTER_KEY_FILE or its default.")] = None,
) -> None:
    """Write a new key file, readable by you alone; never over one that exists."""
    where = path or load_settings().keys
    create_key_file(where)
    result(str(where))
    say("Keep a copy in a safe place: without it the addresses of your readers cannot be read by anybody.")


@app.command()
def rotate(
    add: Annotated[
        bool,
        typer.Option("--add", help="Only add the key, which opens and does not seal yet: first step on several hosts."),
    ] = False,
) -> None:
    """Put a new sealing key in use, and seal again everything that is sealed with an older one.

    Processes that run need no restart.  It may be stopped at any moment, also killed, and loses nothing: given again,
    it goes on, and adds no second key as long as something is still sealed with an older one.

    Older keys stay in the file.  Look-up keys and token keys are not changed: who has left is known by a look-up value
    alone, which cannot be turned back into an address and made anew, and the links in letters that are out never die.
    """
    here = runtime()
    path, keyring = here.settings.keys, here.keyring
    if add:
        if add_next(path):
            say("Added a key that opens, and seals nothing yet.  Copy the file to every host before the next step:")
        else:
            say("There is one already that is not in use yet.  Once every host has it, the next step is:")
        result("newsletter keys rotate")
        return
    before = keyring.in_use("seal")
    resealing = Resealing(here)
    if not has_next(path):
        resealing.run()
    if resealing.sealed_again:
        say("Something was still sealed with an older key.  It is no more; for another key, give the command again.")
    else:
        if seal_with_another(path, before):
            _note(here)
            say(f"{path}: a new key is in use.  Copy the file again: older copies cannot open what is sealed now.")
        resealing.run()
    left = resealing.count()
    result(f"sealed again {resealing.sealed_again}, left {left}")
    for rows, number in resealing.unopened.items():
        say(f"{rows}: {number} sealed with a key that is not in {path}, or damaged; they stay as they are")
    if left > resealing.unopened.total():
        say(
            "Some were sealed with an older key meanwhile, by a host that has another key file: give the command again."
        )
    if left:
        raise typer.Exit(LEFT)


def _note(here: Runtime) -> None:
    with here.database.transaction() as session:
        add_audit(session, now=here.clock(), who=operator(), what="new sealing key")


@app.command()
def dkim(
    domain: Annotated[str, typer.Argument(help="The sender's domain, or a parent of it.")],
    selector: Annotated[str, typer.Argument(help="A name for this key among the domain's keys, like news2019.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the key; never over a file that exists.")],
) -> None:
    """Make a key that signs letters (DKIM); print its record for the DNS, as in a zone file, and the setting."""
    domain, selector = checked_names(domain, selector)
    path = out.absolute()
    if len(str(path).split()) > 1:
        raise OperatorError("--out: NEWSLETTER_DKIM has no place for a path with a blank in it")
    key = create_signing_key(path)
    result(zone_line(dns_name(domain, selector), dns_value(key)))
    result(f"NEWSLETTER_DKIM={domain}:{selector}:{path}")
    say(f"Publish the record first; once the name servers of {domain} answer with it, set NEWSLETTER_DKIM and restart.")
