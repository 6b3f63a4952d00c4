"""Mail kept as files: what the catch-all server has taken, one file a message, its envelope on top."""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

ENVELOPE_FROM = "X-Envelope-From"
ENVELOPE_TO = "X-Envelope-To"
HEAD_BYTES = 65_536
NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Head:
    """What a list shows of a mail."""

    name: str
    to: str
    sender: str
    mail_from: str
    subject: str
    date: str
    message_id: str
    size: int

    @property
    def sender_name(self) -> str:
        """Who it says it is from, in short."""
        return self.sender.partition("<")[0].strip(' "') or self.sender

    @property
    def local_date(self) -> str:
        """The date as its sender's clock showed it."""
        return self.date.rpartition(" ")[0] or self.date


class Maildir:
    """A folder of mails: written whole into `tmp`, then moved into `new`, as maildir(5) says."""

    def __init__(self, folder: Path) -> None:
        self._new = folder / "new"
        self._tmp = folder / "tmp"
        for part in (self._new, self._tmp, folder / "cur"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, content: bytes, *, mail_from: str, recipients: list[str]) -> None:
        """Keep one message; its envelope, which no header tells, goes on top."""
        envelope = [f"{ENVELOPE_FROM}: <{mail_from}>"] + [f"{ENVELOPE_TO}: <{to}>" for to in recipients]
        name = secrets.token_hex(16)
        file = os.open(self._tmp / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write("".join(f"{line}\r\n" for line in envelope).encode("utf-8", "surrogateescape") + content)
        (self._tmp / name).rename(self._new / name)

    def names(self) -> list[str]:
        """Return the name of every mail, the newest first."""
        with os.scandir(self._new) as entries:
            found = [(entry.stat().st_mtime_ns, entry.name) for entry in entries]
        return [name for _, name in sorted(found, reverse=True)]

    def heads(self, names: list[str]) -> Iterator[Head]:
        """Read the heads of those mails."""
        for name in names:
            path = self._new / name
            with path.open("rb") as file:
                message = BytesHeaderParser(policy=policy.compat32).parsebytes(file.read(HEAD_BYTES))
            yield _head(name, message, path.stat().st_size)

    def source(self, name: str) -> bytes | None:
        """Return a mail as it is kept, or None if there is none of that name."""
        path = self._new / name
        return path.read_bytes() if NAME.fullmatch(name) and path.is_file() else None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, taken apart for reading."""

    head: Head
    text: str | None
    html: str | None
    headers: list[tuple[str, str]]
    source: str


def read(name: str, source: bytes) -> Mail:
    """Take a mail apart; whatever is wrong with it, something can be shown."""
    # compat32: the newer policies raise on some of the odd mails that are worth looking at.
    message = BytesParser(policy=policy.compat32).parsebytes(source)
    return Mail(
        head=_head(name, message, len(source)),
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
        headers=[(key, decoded(str(value))) for key, value in message.items()],
        source=source.decode("utf-8", "replace"),
    )


def decoded(value: str) -> str:
    """Return a header's text with its encoded words read, or as it stands if they cannot be.

    >>> decoded("=?utf-8?b?0KLRi9C00LfQtdC90Yw=?= 41")
    'Тыдзень 41'
    """
    value = re.sub(r"\r?\n(?=[ \t])", "", value)
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def _head(name: str, message: Message, size: int) -> Head:
    recipients = [str(to).strip("<>") for to in message.get_all(ENVELOPE_TO, [])]
    return Head(
        name=name,
        to=", ".join(recipients),
        sender=decoded(str(message.get("From", ""))),
        mail_from=str(message.get(ENVELOPE_FROM, "")).strip("<>"),
        subject=decoded(str(message.get("Subject", ""))),
        date=_date(str(message.get("Date", ""))),
        message_id=str(message.get("Message-ID", "")).strip(),
        size=size,
    )


def _date(value: str) -> str:
    try:
        return f"{parsedate_to_datetime(value):%Y-%m-%d %H:%M %z}"
    except (ValueError, TypeError):
        return value


def _part(message: Message, kind: str) -> str | None:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            body = part.get_payload(decode=True)
            octets = body if isinstance(body, bytes) else b""
            try:
                return octets.decode(part.get_content_charset() or "utf-8", "replace")
            except LookupError:
                return octets.decode("utf-8", "replace")
    return None
