"""Mails of servers and providers as they come back, written after RFCs and public documentation.

The files in `samples/` have places for what is ours: `{VERP}`, `{MESSAGE_ID}`, `{LEAVE_TOKEN}`, `{RECIPIENT}`.
"""

from pathlib import Path

from newsletter import messageids, tokens
from newsletter.inbound.mail import Mail, Source
from newsletter.sealing import Keyring

FOLDER = Path(__file__).parent / "samples"
DOMAIN = "week.example.org"
RECIPIENT = "anna.k+news@reader.example.net"
DIGEST = 7


def samples() -> dict[str, bytes]:
    """Return the samples by name, their places not filled."""
    return {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}


def filled(content: bytes, keyring: Keyring, ref: bytes, *, verp: bool = True, recipient: str = RECIPIENT) -> Mail:
    """Return a sample as it comes back for a reader; without `verp`, where the token of the return path was lost."""
    return_path = tokens.return_path(keyring, ref, f"digest@{DOMAIN}") if verp else f"bounce@{DOMAIN}"
    local, _, domain = recipient.partition("@")
    places = {
        "{VERP}": return_path,
        "{VERP_LOCAL}": return_path.partition("@")[0],
        "{MESSAGE_ID}": messageids.message_id(keyring, DIGEST, ref),
        "{LEAVE_TOKEN}": tokens.make(keyring, tokens.Purpose.LEAVE, ref),
        "{RECIPIENT}": recipient,
        "{XTEXT}": f"{local.replace('+', '+2B')}@{domain}",
    }
    for place, value in places.items():
        content = content.replace(place.encode(), value.encode())
    sender = content.partition(b"Return-Path: <")[2].partition(b">")[0]
    return Mail(Source.LMTP, return_path, sender.decode("ascii", "replace"), content)
