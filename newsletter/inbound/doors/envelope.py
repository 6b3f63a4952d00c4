"""The envelope of a mail that came without one: from the headers that mail servers write when they deliver."""

import re
from collections.abc import Iterator

from newsletter.inbound.commands.asker import NoAsker, sole_writer
from newsletter.inbound.messages.message import Message, TooMuch, read_message
from newsletter.inbound.places import Place, place_of
from newsletter.publication import Publication
from newsletter.sealing import Keyring

RECIPIENT_HEADERS = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to", "cc")
"""The first two by Postfix and qmail, the third by Exim; what its writer put on it comes last."""

NULL_SENDERS = ("", "<>", "mailer-daemon")
"""How the null return path is written where nothing cannot be (`mailer-daemon`: Postfix, pipe(8))."""

MOST_ADDRESSES = 200
_ADDRESS = re.compile(r"[^\s<>\"(),:;]+@[^\s<>\"(),:;]+")


def without_from_line(octets: bytes) -> bytes:
    """Return a mail without the `From sender date` line that some pipes put before it."""
    return octets.partition(b"\n")[2] if octets.startswith(b"From ") else octets


def addressed_to(content: bytes, publication: Publication, keyring: Keyring) -> tuple[str, Place] | None:
    """Return the first address of ours at which a mail has arrived, and what is asked for there; None if there is none.

    Anybody can write such headers.  It gains them nothing: they could have written to the address itself.
    """
    message = _message(content)
    if message is None:
        return None
    for number, recipient in enumerate(_recipients(message)):
        if number == MOST_ADDRESSES:
            break
        place = place_of(recipient, publication, keyring)
        if place is not None:
            return recipient, place
    return None


def return_path_in(content: bytes) -> str:
    """Return the sender's return path; empty if it is the null one, or not known."""
    message = _message(content)
    values = [] if message is None else message.headers.get("return-path", [])
    return sender_of(values[0]) if values else ""


def sender_in(content: bytes) -> str:
    """Return the sender's return path; where no header tells it, whom the mail is from, if that is one address.

    For mail that somebody pipes to us: what a mailbox holds has the header from its mail server (RFC 5321 section 4.4).
    """
    message = _message(content)
    if message is None or "return-path" in message.headers:
        return return_path_in(content)
    try:
        return str(sole_writer(message.headers.get("from", ())))
    except NoAsker:
        return ""


def sender_of(text: str) -> str:
    """Return a return path as an envelope has it.

    >>> sender_of("<anna@example.org>"), sender_of("MAILER-DAEMON"), sender_of("<>")
    ('anna@example.org', '', '')
    """
    bare = text.strip().removeprefix("<").removesuffix(">")
    return "" if bare.lower() in NULL_SENDERS else bare


def _recipients(message: Message) -> Iterator[str]:
    for name in RECIPIENT_HEADERS:
        for value in message.headers.get(name, []):
            yield from _ADDRESS.findall(value)


def _message(content: bytes) -> Message | None:
    try:
        return read_message(content)
    except TooMuch:
        return None
