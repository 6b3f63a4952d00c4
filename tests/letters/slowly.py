"""The same message built the slow way with the standard library: what `compile_letter` must equal, octet by octet."""

import base64
import quopri
import re
from email.message import Message
from email.policy import compat32

from newsletter.letters import LEAVE_SLOT, PREFERENCES_SLOT, Addressee, Letter
from newsletter.letters.headers import date_text


def build(letter: Letter, addressee: Addressee, boundary: str) -> bytes:
    """Fill the slots in the text, encode each part whole, let the standard library put the message together."""
    message = Message(policy=compat32.clone(max_line_length=0, linesep="\r\n"))
    message["Date"] = date_text(addressee.date)
    message["To"] = addressee.to
    domain = letter.sender.split("@")[1]
    message["Message-ID"] = f"<{addressee.message_id}@{domain}>"
    if letter.leave_url is not None:
        message["List-Unsubscribe"] = (
            f"<{letter.leave_url}/{addressee.leave}>,\r\n <mailto:leave+{addressee.leave}@{domain}>"
        )
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for line in re.split("\r\n(?![ \t])", letter.headers)[:-1]:
        name, value = line.split(": ", 1)
        message[name] = value
    if letter.html is None:
        only = part(*contents(letter, addressee)[0])
        for name, value in only.items():
            message[name] = value
        message.set_payload(only.get_payload())
    else:
        message["Content-Type"] = f'multipart/alternative;\r\n boundary="{boundary}"'
        message.set_payload([part(kind, text) for kind, text in contents(letter, addressee)])
    return message.as_bytes()


def contents(letter: Letter, addressee: Addressee) -> list[tuple[str, str]]:
    """Return a reader's parts as (subtype, text), the plain one first."""
    parts = [("plain", letter.text)] + ([] if letter.html is None else [("html", letter.html)])
    return [(kind, fill(text, addressee)) for kind, text in parts]


def fill(text: str, addressee: Addressee) -> str:
    """Put a reader's tokens where the slots are."""
    return text.replace(LEAVE_SLOT, addressee.leave).replace(PREFERENCES_SLOT, addressee.preferences)


def part(kind: str, text: str) -> Message:
    """Return one part, encoded by the standard library in the shorter of the two ways."""
    octets = as_sent(text)
    quoted = narrowed(undotted(quopri.encodestring(octets)))
    plain64 = base64.b64encode(octets)
    found = Message(policy=compat32.clone(max_line_length=0, linesep="\r\n"))
    found["Content-Type"] = f"text/{kind}; charset=utf-8"
    if len(quoted) <= len(plain64):
        found["Content-Transfer-Encoding"] = "quoted-printable"
        found.set_payload(quoted.decode())
    else:
        found["Content-Transfer-Encoding"] = "base64"
        found.set_payload(base64.encodebytes(octets).replace(b"\n", b"\r\n").decode())
    return found


def as_sent(text: str) -> bytes:
    """Return the text in UTF-8 with CRLF after each line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return (text if not text or text.endswith("\r\n") else f"{text}\r\n").encode()


def undotted(quoted: bytes) -> bytes:
    """Encode a dot that begins a line; where the line has no room for that, break it softly, dot by dot."""
    while True:
        changed = re.sub(rb"(?m)^\.(?![^\r\n]{74})", b"=2E", quoted)
        changed = re.sub(rb"(?m)^\.(?=[^\r\n]{74})", b"=2E=\r\n", changed)
        if changed == quoted:
            return quoted
        quoted = changed


def narrowed(quoted: bytes) -> bytes:
    """Break a line softly before the blank at its end where the standard library lets that make it too long."""
    return re.sub(rb"(?m)^([^\r\n]{74,75})(=20|=09)(?=\r?\n|\Z)", b"\\1=\r\n\\2", quoted)
