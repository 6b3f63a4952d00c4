"""Where a mailbox is: `imaps://user:password@host/INBOX?handled=newsletter/handled`."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import OperatorError

SETTING = "NEWSLETTER_IMAP_URL"
INBOX = "INBOX"
HANDLED = "newsletter/handled"
"""Where a mail goes that was taken; `/` stands for whatever parts names on the server."""

WANTED = f"{SETTING}: wants imaps://user:password@host/folder"


class NoMailbox(OperatorError):
    """Not the URL of a mailbox; the text says why, and quotes nothing of it."""


class Tls(StrEnum):
    """When TLS begins."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, repr=False)
class Mailbox:
    """A folder of an account on an IMAP server, and the folder where what was taken goes."""

    host: str
    port: int
    user: str
    password: str
    tls: Tls = Tls.IMPLICIT
    folder: str = INBOX
    handled: str = HANDLED

    @property
    def where(self) -> str:
        """How logs call it: without the account."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def at(cls, url: str) -> "Mailbox":
        """Read a URL; user, password and names of folders are percent-encoded where they need it.

        Raises
        NoMailbox: it is none, or would send the password in the clear.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            options = dict(parse_qsl(parts.query, keep_blank_values=True, errors="strict"))
            user, password, folder = (unquote(text or "", errors="strict") for text in _named(parts))
        except ValueError:
            raise NoMailbox(f"{WANTED}; write / ? # @ and % in a password as %2F %3F %23 %40 %25") from None
        if parts.scheme not in ("imaps", "imap") or not host:
            raise NoMailbox(WANTED)
        if not user or not password:
            raise NoMailbox(f"{WANTED}: the user or the password is missing")
        if unknown := options.keys() - {"handled", "tls"}:
            raise NoMailbox(f"{SETTING}: knows ?handled=folder and ?tls=starttls, but not {len(unknown)} other")
        handled = options.get("handled", HANDLED)
        folder = INBOX if folder.upper() == INBOX else folder
        if not all(text.isprintable() for text in (user, password, folder, handled)) or handled in (folder, ""):
            raise NoMailbox(f"{SETTING}: a name is empty or not printable, or both folders are the same")
        tls = _tls(parts.scheme, host, options.get("tls"))
        return cls(host, port or (993 if tls is Tls.IMPLICIT else 143), user, password, tls, folder, handled)


def _named(parts: SplitResult) -> tuple[str | None, str | None, str]:
    return parts.username, parts.password, parts.path.removeprefix("/") or INBOX


def _tls(scheme: str, host: str, asked: str | None) -> Tls:
    if asked not in (None, "starttls") or (asked and scheme == "imaps"):
        raise NoMailbox(f"{SETTING}: ?tls=starttls is for imap://, and there is no other")
    if scheme == "imaps":
        return Tls.IMPLICIT
    if asked:
        return Tls.STARTTLS
    if not _is_loopback(host):
        raise NoMailbox(f"{SETTING}: imap:// would send the password in the clear; use imaps://, or add ?tls=starttls")
    return Tls.NONE


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
