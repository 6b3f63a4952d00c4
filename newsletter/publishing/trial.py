"""Preview and test send: the real letter with a made-up reader; the same bytes the real send makes."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from html import escape

from newsletter import messageids, tokens
from newsletter.addresses import Address
from newsletter.digest import Digest
from newsletter.errors import OperatorError
from newsletter.letters import Addressable, Addressee, Signers, write
from newsletter.outcomes import Outcome
from newsletter.publication import Publication
from newsletter.publishing.assembly import Kind, compose, content_of
from newsletter.sealing import Keyring
from newsletter.store import Database, Session
from newsletter.store.audit import add_audit
from newsletter.store.digests import digest_of
from newsletter.transport import Envelope, Server, send_one
from newsletter.weeks import Week

MOST = 20
TRIAL_SECONDS = 30.0
"""A step of the dialogue may take that long: somebody is watching."""

MADE_UP = "reader@example.org"


class TooManyAddresses(OperatorError):
    """A test send is no way round the ledger."""

    def __init__(self) -> None:
        super().__init__(f"a test send goes to {MOST} addresses at most")


class EmptyLetter(OperatorError):
    """The week has nothing in the languages asked for."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as a made-up reader of that kind gets it: the message, byte for byte, and its two parts.

    A letter that is text only has its text in `html` too, so that a browser can show every preview.
    """

    kind: Kind
    message: bytes
    text: bytes
    html: bytes


def digest_to_show(session: Session, publication: Publication, week: Week) -> Digest:
    """Return what was assembled, else what would be; keeps nothing.

    Raises
    NothingToSay
    """
    row = digest_of(session, week)
    kept = None if row is None else content_of(row)
    return kept if kept is not None else compose(session, publication, week)


def previews(
    digest: Digest,
    publication: Publication,
    kinds: Sequence[Kind],
    *,
    keyring: Keyring,
    signers: Signers,
    now: datetime,
) -> Iterator[Preview]:
    """Write each kind of letter, addressed to a made-up reader."""
    for kind in kinds:
        if digest.read_in(kind.order).entries:
            letter = write(digest, publication, kind.edition, kind.order, kind.variant)
            envelope = _envelope(signers.compile(letter), letter.sender, MADE_UP, keyring=keyring, now=now)
            yield _preview(kind, b"".join(envelope.segments))


def _preview(kind: Kind, message: bytes) -> Preview:
    parts = {part.get_content_type(): part for part in message_from_bytes(message).walk()}
    text, html = (_decoded(parts.get(name)) for name in ("text/plain", "text/html"))
    page = f'<!doctype html>\n<html lang="{kind.order[0]}"><meta charset="utf-8"><pre>{escape(text.decode())}</pre>\n'
    return Preview(kind, message, text, html or page.encode())


def _decoded(part: Message | None) -> bytes:
    payload = None if part is None else part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def test_send(
    database: Database,
    publication: Publication,
    week: Week,
    kind: Kind,
    addresses: Sequence[Address],
    *,
    keyring: Keyring,
    signers: Signers,
    servers: Sequence[Server],
    now: datetime,
    who: str,
) -> list[Outcome]:
    """Send the real letter, marked `[test]`, to each address; return the outcomes in the same order.

    Nothing is written down but a line of the audit, which says how many, not who.

    Raises
    NothingToSay, TooManyAddresses, EmptyLetter
    """
    if len(addresses) > MOST:
        raise TooManyAddresses
    with database.transaction() as session:
        digest = digest_to_show(session, publication, week)
        if not digest.read_in(kind.order).entries:
            raise EmptyLetter(f"{week}: there is no commentary in the languages of that letter")
        add_audit(session, now=now, who=who, what=f"test send to {len(addresses)}", ref=str(week))
    letter = write(digest, publication, kind.edition, kind.order, kind.variant, test=True)
    compiled = signers.compile(letter)
    servers = [replace(server, timeout=min(server.timeout, TRIAL_SECONDS)) for server in servers]
    return [
        send_one(servers, _envelope(compiled, letter.sender, str(one), keyring=keyring, now=now)) for one in addresses
    ]


def _envelope(compiled: Addressable, sender: str, to: str, *, keyring: Keyring, now: datetime) -> Envelope:
    ref = secrets.token_bytes(tokens.REF)
    addressee = Addressee(
        to=to,
        leave=tokens.make(keyring, tokens.Purpose.LEAVE, ref),
        preferences=tokens.make(keyring, tokens.Purpose.PREFERENCES, ref),
        message_id=messageids.message_id(keyring, messageids.TEST, ref),
        date=now,
    )
    return Envelope(0, tokens.return_path(keyring, ref, sender), to, compiled.address(addressee))
