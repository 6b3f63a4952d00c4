"""Whom a report is about: first what only we can have made, then what the report says, last what a library guesses."""

import logging
import re
from collections.abc import Iterable, Iterator
from email.message import Message as Raw

from flufl.bounce import scan_message

from newsletter.addresses import Address, InvalidAddress, parse
from newsletter.badnews import Suspect
from newsletter.inbound.messages.message import MOST_OCTETS, Message
from newsletter.inbound.messages.traces import named_in, refs_in
from newsletter.inbound.places import variant_at
from newsletter.messageids import Named
from newsletter.publication import Publication
from newsletter.sealing import Keyring

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # it would log what a mail made it stumble over

GUESSED_OCTETS = 100_000
GUESSED_LINE = 1_000
"""Larger messages, or such with longer lines (RFC 5322 section 2.1.1), are not given to the library, whose patterns
take quadratic time."""

_SOFT_BREAK = re.compile(rb"=\r?\n")


def suspect_of(
    message: Message,
    content: bytes,
    said: Iterable[str],
    seen: Iterable[str],
    *,
    publication: Publication,
    keyring: Keyring,
    ref: bytes | None,
) -> Suspect:
    """Return whom a report is about.  `ref` is from the address it came to; `said` are the recipients it names,
    and `seen` the addresses in its text.

    What it quotes is searched as octets, and once more decoded if they hold nothing: servers quote in every way.
    """
    named = None
    for text in _texts(message, content):
        named = named or _named(text, keyring, ref)
        ref = ref or next(refs_in(text, keyring), None)
        if ref is not None and named is not None:
            break
    if ref is not None or named is not None:
        return Suspect(ref=ref, named=named)
    return Suspect(
        address=_address(said, publication) or _guess(message.raw, content, publication) or _address(seen, publication)
    )


def _texts(message: Message, content: bytes) -> Iterator[bytes]:
    front = content[:MOST_OCTETS]
    yield front
    if b"=\n" in front or b"=\r\n" in front:
        yield _SOFT_BREAK.sub(b"", front)
    if b"base64" in front:
        yield from _decoded(message)


def _decoded(message: Message) -> Iterator[bytes]:
    for part in message.walk():
        if part.kind.startswith("message/"):
            for inside in part.parts:
                yield inside.source
                yield from _decoded(inside)
        elif not part.parts:
            yield part.octets


def _named(text: bytes, keyring: Keyring, ref: bytes | None) -> Named | None:
    found = list(dict.fromkeys(named_in(text, keyring)))
    # A reader's server quotes the reader's mail; if it quotes more than one, that of the reader it writes for counts.
    return next((named for named in found if named.ref == ref), found[0] if found else None)


def _address(said: Iterable[str], publication: Publication) -> Address | None:
    for text in said:
        try:
            address = parse(text)
        except InvalidAddress:
            continue
        if variant_at(address.domain, publication) is None:
            return address
    return None


def _guess(raw: Raw, content: bytes, publication: Publication) -> Address | None:
    if len(content) > GUESSED_OCTETS or max(map(len, content.splitlines()), default=0) > GUESSED_LINE:
        return None
    try:
        found = scan_message(raw)
    except Exception:  # it was made for mails that somebody has seen
        return None
    texts = [one.decode("ascii", "replace") for one in found]
    return _address(texts, publication) if len(texts) == 1 else None
