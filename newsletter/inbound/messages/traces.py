"""What only we can have made, wherever a text quotes it: tokens of a letter's links and return path, and Message-IDs.

Servers and providers quote a mail in every way, whole or in part; what is found here can be told anywhere.
"""

import re
from collections.abc import Iterator
from itertools import islice

from newsletter import messageids, tokens
from newsletter.messageids import Named
from newsletter.sealing import Keyring
from newsletter.tokens import ForeignToken, Purpose

MOST_CANDIDATES = 50
"""Texts that look like ours and are tried; each costs a few microseconds."""

_TOKEN = re.compile(rb"(leave|bounce)(?:\+|/|=2B|%%2B|\+2B)([0-9a-f]{%d})(?![0-9a-f])" % tokens.LENGTH, re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"(?<![0-9a-f])([0-9a-f]{%d})@" % messageids.LENGTH, re.IGNORECASE)


def refs_in(text: bytes, keyring: Keyring) -> Iterator[bytes]:
    """Yield the `ref` that each leave address or link, and each return path of ours names, as they come."""
    for match in islice(_TOKEN.finditer(text), MOST_CANDIDATES):
        purpose = Purpose(match.group(1).decode().lower())
        try:
            yield tokens.read(keyring, purpose, match.group(2).decode().lower())
        except ForeignToken:
            continue


def named_in(text: bytes, keyring: Keyring) -> Iterator[Named]:
    """Yield what each Message-ID of ours names, as they come."""
    for match in islice(_MESSAGE_ID.finditer(text), MOST_CANDIDATES):
        if named := messageids.read(keyring, match.group(1).decode()):
            yield named
