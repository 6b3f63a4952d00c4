"""`newsletter subscribers stop|resume|erase|resend-confirm ADDRESS`"""

from typing import Annotated, NoReturn

import typer

from newsletter import addresses, subscribing
from newsletter.cli.ringing import ring
from newsletter.cli.terminal import operator, result, say
from newsletter.runtime import runtime
from newsletter.store.audit import add_audit
from newsletter.store.subscribers import SubscriberState
from newsletter.subscribing import Reminded

NOBODY = 1
"""The exit code where there is nobody of whom that could be done."""

AddressArgument = Annotated[str, typer.Argument(help="The reader's e-mail address.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (stop, resume, erase):
        app.command()(command)
    app.command("resend-confirm")(resend_confirm)


def nobody() -> NoReturn:
    """Say that nothing is known under an address, and end."""
    result("nobody here")
    raise typer.Exit(NOBODY)


def stop(address: AddressArgument) -> None:
    """Write to a reader no more; what is still owed is skipped.  The row stays, and `resume` undoes it."""
    here, wanted = runtime(), addresses.parse(address)
    with here.database.transaction() as session:
        ref = subscribing.stop_address(session, here.keyring, wanted)
        if ref is not None:
            add_audit(session, now=here.clock(), who=operator(), what="reader stopped", ref=ref.hex())
    if ref is None:
        nobody()
    result("stopped")


def resume(address: AddressArgument) -> None:
    """Write to a stopped reader again, from the next digest on.  Who left comes back by their own sign-up alone."""
    here, wanted = runtime(), addresses.parse(address)
    with here.database.transaction() as session:
        found = subscribing.resume_address(session, here.keyring, wanted)
        if found is not None and found.state is SubscriberState.STOPPED:
            add_audit(session, now=here.clock(), who=operator(), what="reader resumed", ref=found.ref.hex())
    if found is None:
        nobody()
    if found.state is not SubscriberState.STOPPED:
        why = "asked for silence themselves" if found.state is SubscriberState.PAUSED else "are written to already"
        result(f"not stopped: they {why}")
        raise typer.Exit(NOBODY)
    result("active")


def erase(
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
) -> None:
    """Forget everything about a reader; a keyed entry stays, so that no import brings them back."""
    here, wanted = runtime(), addresses.parse(address)
    with here.database.transaction() as session:
        known = subscribing.known_of(session, here.keyring, wanted, now=here.clock())
    if not known.is_anybody:
        nobody()
    if not yes:
        say("Everything about this reader goes, for good; what stays is a keyed entry that keeps imports out.")
        if not typer.confirm("Erase it?", err=True):
            say("nothing is changed")
            raise typer.Exit(NOBODY)
    with here.database.transaction() as session:
        subscribing.erase_address(session, here.keyring, wanted, today=here.today)
        add_audit(session, now=here.clock(), who=operator(), what="reader erased")
    result("erased")


def resend_confirm(address: AddressArgument) -> None:
    """Mail the confirm link of a sign-up once more, with the days it is good for anew; you vouch that its owner asked.

    However often it was mailed today; but never to who has reported us.
    """
    here, wanted = runtime(), addresses.parse(address)
    with here.database.transaction() as session:
        outcome, ref = subscribing.remind(session, here.keyring, wanted, now=here.clock())
        if ref is not None:
            add_audit(session, now=here.clock(), who=operator(), what="confirm mail owed again", ref=ref.hex())
    if outcome is Reminded.NOTHING_ASKED:
        result("nobody here who has still to confirm; ask them to sign up again")
        raise typer.Exit(NOBODY)
    if outcome is Reminded.COMPLAINED:
        result("not mailed: its owner reported us, and nothing is sent there any more")
        raise typer.Exit(NOBODY)
    result("the confirm mail is owed once more")
    ring("notes")
