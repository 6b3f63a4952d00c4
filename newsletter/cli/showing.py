"""`newsletter subscribers show ADDRESS`"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from newsletter import addresses, subscribing
from newsletter.cli.reader import AddressArgument, nobody
from newsletter.cli.terminal import operator, result, result_json
from newsletter.runtime import Runtime, runtime
from newsletter.store.audit import add_audit
from newsletter.subscribing import Known

LATELY = 10
"""Digests that a person sees; `--json` has all."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(show)


def show(
    address: AddressArgument, as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False
) -> None:
    """Show all that is kept about a reader: choice, state, consents, what became of each digest, open askings."""
    here = runtime()
    with here.database.transaction() as session:
        known = subscribing.known_of(session, here.keyring, addresses.parse(address), now=here.clock())
        if known.subscriber:
            add_audit(session, now=here.clock(), who=operator(), what="reader shown", ref=known.ref)
    if not known.is_anybody and not known.suppression:
        nobody()
    if as_json:
        said = asdict(known)
        del said["ref"]
        result_json(said)
        return
    for name, text in _lines(here, known):
        result(f"{name:<12} {text}")


def _lines(here: Runtime, known: Known) -> Iterator[tuple[str, str]]:
    if known.subscriber:
        yield from _subscriber(here, known.subscriber)
    for one in known.askings:
        until = _when(here, one["until"])
        yield "asked", _joined(one["kind"], _letter(one), one["door"], one["state"], f"until {until}")
    for one in known.notes:
        yield "mail", _joined(one["day"], one["kind"], _fate(one), one["server_said"])
    if known.suppression:
        yield "suppressed", f"{known.suppression['reason']}, {known.suppression['day']}"


def _subscriber(here: Runtime, one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    until = one["paused_until"] and f"until {one['paused_until']}"
    why = one["stop_reason"] and f"({one['stop_reason']})"
    yield "state", _joined(one["state"], why, until)
    yield "since", one["since"]
    yield "reads", _letter(one)
    yield "spoken to in", one["spoken_to_in"]
    yield "ref", one["ref"]
    for consent in one["consents"]:
        yield (
            "consent",
            _joined(consent["day"], f"words {consent['text_version']}", consent["language"], consent["door"]),
        )
    for had in one["digests"][:LATELY]:
        yield "digest", _joined(had["week"], _fate(had), _when(here, had["at"]), had["server_said"])
    for back in one["came_back"][:LATELY]:
        counts = None if back["counts"] else "(forgiven)"
        said = _joined(back["enhanced"], back["server_said"])
        yield "came back", _joined(back["week"], back["day"], back["kind"], counts, back["told_by"], said)
    if len(one["digests"]) > LATELY:
        yield "digest", f"… and {len(one['digests']) - LATELY} earlier"


def _letter(one: dict[str, Any]) -> str:
    return f"{one['edition']} ({', '.join(one['languages'])}, {one['variant']})" if one["edition"] else ""


def _fate(one: dict[str, Any]) -> str:
    return f"{one['state']} ({one['reason']})" if one["reason"] else str(one["state"])


def _when(here: Runtime, instant: str | None) -> str:
    if instant is None:
        return ""
    return f"{datetime.fromisoformat(instant).astimezone(here.publication.time_zone):%Y-%m-%d %H:%M}"


def _joined(*parts: str | None) -> str:
    return "  ".join(part for part in parts if part)
