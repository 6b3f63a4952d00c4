"""`newsletter keys new` and `newsletter keys dkim`"""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.terminal import result, say
from newsletter.errors import OperatorError
from newsletter.letters.dkimkeys import create_signing_key, dns_name, dns_value, zone_line
from newsletter.letters.signing import checked_names
from newsletter.sealing import create_key_file
from newsletter.settings import load_settings

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
