"""Whom an event is about: by what it quotes of the mail, wherever it stands, else by the address it names.

Providers quote the original's headers, its envelope or all of what came back, each in its own place, and change that
now and then.  What is ours can be told anywhere, because nobody else can make it up.
"""

from collections.abc import Iterator, Mapping

from newsletter import tokens
from newsletter.addresses import Address, InvalidAddress, parse
from newsletter.badnews import Suspect
from newsletter.inbound.messages.traces import named_in, refs_in
from newsletter.inbound.webhooks.contract import Event
from newsletter.messageids import NOTE, TEST, Named
from newsletter.sealing import Keyring
from newsletter.tokens import Purpose


def suspect_in(event: Event, address: str, keyring: Keyring) -> Suspect:
    """Return whom an event is about, as far as it says; `address` is the recipient that it names.

    What is of two mails proves nothing of either.
    """
    refs: set[bytes] = set()
    named: set[Named] = set()
    for text in _texts(event):
        refs.update(refs_in(text, keyring))
        named.update(named_in(text, keyring))
    refs = refs or {name.ref for name in named}
    if len(refs) != 1:
        return Suspect(address=_address(address))
    (ref,) = refs
    mine = [name for name in named if name.ref == ref]
    return Suspect(ref, mine[0] if len(mine) == 1 else None, _address(address))


def leave_token(suspect: Suspect, keyring: Keyring) -> str | None:
    """Return the token by which a proven suspect leaves; None for a note's, and for what proves nothing."""
    of_a_note = suspect.named is not None and suspect.named.digest_id in (NOTE, TEST)
    return None if suspect.ref is None or of_a_note else tokens.make(keyring, Purpose.LEAVE, suspect.ref)


def _texts(value: object) -> Iterator[bytes]:
    waiting = [value]
    while waiting:  # no recursion: JSON may be nested as deep as it is read
        one = waiting.pop()
        if isinstance(one, str):
            yield one.encode("ascii", "replace")
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _address(text: str) -> Address | None:
    try:
        return parse(text)
    except (InvalidAddress, ValueError):  # UnicodeError is one
        return None
