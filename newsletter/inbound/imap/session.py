"""One connection to a mailbox, and the few things we ask of it (RFC 3501, 2177 IDLE, 6851 MOVE, 2342 NAMESPACE).

It never asks for EXPUNGE, and sets no flag that asks for it: nothing is ever deleted.  A mail stays unread for people.
"""

import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from newsletter.inbound.doors.envelope import RECIPIENT_HEADERS
from newsletter.inbound.imap.trouble import Lost, Odd, Trouble, Unfit, asking, refusals
from newsletter.inbound.imap.url import INBOX, SETTING, Mailbox, Tls

CONNECT_SECONDS = 30.0
ANSWER_SECONDS = 60.0
GOODBYE_SECONDS = 2.0
IDLE_SECONDS = 5 * 60
"""RFC 2177 asks for less than 29 minutes; a connection that died in silence is noticed only when this is over."""

SLICE_SECONDS = 1.0
"""How soon we stop when we are told to."""

KEYWORD = "$NewsletterHandled"
"""On a mail that was taken, where the server can mark mails and cannot move them."""

_HEADERS = " ".join(("return-path", *RECIPIENT_HEADERS)).upper()
_HEAD = f"BODY.PEEK[HEADER.FIELDS ({_HEADERS})]"


@dataclass(frozen=True, slots=True, repr=False)
class Head:
    """What is known of a mail before it is fetched: its size in octets, and the headers that say who it is for."""

    size: int
    headers: bytes


@contextmanager
def open_session(mailbox: Mailbox, *, answer_seconds: float = ANSWER_SECONDS) -> Iterator["Session"]:
    """Connect, log in and open the folder.

    Raises
    Lost, Unfit: see there.
    """
    # They would tell of every line at DEBUG.
    logging.getLogger("imapclient").setLevel(logging.CRITICAL)
    client = _connect(mailbox, answer_seconds)
    try:
        if mailbox.tls is Tls.STARTTLS:
            _start_tls(client, mailbox)
        _log_in(client, mailbox)
        yield Session(client, mailbox)
        with suppress(Exception):
            client.socket().settimeout(GOODBYE_SECONDS)
            client.logout()
    finally:
        with suppress(Exception):
            client.shutdown()


class Session:
    """A folder that is open.  Every method may raise `Lost` and `Odd`."""

    def __init__(self, client: IMAPClient, mailbox: Mailbox) -> None:
        """Open the folder, and make the one for what was taken."""
        self._client = client
        with refusals(mailbox.where, "what the server can do is not to be learned"):
            self.can_idle = bool(client.has_capability("IDLE"))
            self._can_move = bool(client.has_capability("MOVE"))
            self._prefix, self._delimiter = _names(client)
        with refusals(mailbox.where, f"the folder of {SETTING} cannot be opened"):
            try:
                opened = client.select_folder(self._name(mailbox.folder))
            except IMAPClientReadOnlyError:
                raise Unfit(f"{mailbox.where}: the folder may only be read, so nothing can be moved") from None
        self.epoch: Any = opened.get(b"UIDVALIDITY")
        flags = [flag.lower() for flag in opened.get(b"PERMANENTFLAGS", ())]
        self._can_mark = b"\\*" in flags or KEYWORD.lower().encode() in flags
        if not self._can_move and not self._can_mark:
            raise Unfit(f"{mailbox.where}: the server can neither move mails (MOVE) nor mark them (keywords)")
        self._handled = self._name(mailbox.handled)
        with refusals(mailbox.where, f"the folder ?handled= of {SETTING} cannot be made"):
            if not client.folder_exists(self._handled):
                client.create_folder(self._handled)

    def uids(self, first: int) -> list[int]:
        """Return the mails that are there from a UID on, but for those marked as taken, or deleted by somebody."""
        criteria = ["UID", f"{first}:*", "UNDELETED", *(["UNKEYWORD", KEYWORD] if self._can_mark else [])]
        with asking():
            found = [int(uid) for uid in self._client.search(criteria)]
        return sorted(uid for uid in found if uid >= first)  # `*` is the last mail, be it before the first

    def heads(self, uids: Sequence[int]) -> dict[int, Head]:
        """Return what is known of each mail; those that are gone are left out."""
        with asking():
            found = self._client.fetch(uids, ["RFC822.SIZE", _HEAD])
            return {uid: Head(int(answer[b"RFC822.SIZE"]), _octets(answer)) for uid, answer in found.items()}

    def content(self, uid: int, most: int) -> bytes | None:
        """Return the first octets of a mail, at most `most`; None if it is gone."""
        with asking():
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<0.{most}>"]).get(uid)
            return None if answer is None else _octets(answer)

    def put_away(self, uid: int) -> None:
        """Move a mail to the folder for what was taken; where the server cannot, copy it there and mark it."""
        with asking():
            if not self._can_move:
                self._client.copy([uid], self._handled)
                self._mark(uid)
                return
            try:
                self._move(uid)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                self._mark(uid)  # or it would be taken again after weeks
                raise

    def _move(self, uid: int) -> None:
        try:
            self._client.move([uid], self._handled)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            if self._client.folder_exists(self._handled):
                raise
            self._client.create_folder(self._handled)
            self._client.move([uid], self._handled)

    def _mark(self, uid: int) -> None:
        if self._can_mark:
            self._client.add_flags([uid], [KEYWORD], silent=True)

    def idle(self, is_stopping: Callable[[], bool]) -> None:
        """Wait until something comes, at most `IDLE_SECONDS`."""
        with asking():
            self._client.idle()
            heard = _has_said_more(self._client)
            # Counted, not timed: of a connection that was closed it hears at once, and nothing, and it is soon over.
            for _ in range(int(IDLE_SECONDS / SLICE_SECONDS)):
                if heard or is_stopping():
                    break
                heard = self._client.idle_check(timeout=SLICE_SECONDS)
            self._client.idle_done()

    def stay(self) -> None:
        """Say that we are still there."""
        with asking():
            self._client.noop()

    def _name(self, folder: str) -> str:
        if folder == INBOX:
            return folder
        name = self._delimiter.join(folder.split("/")) if self._delimiter else folder
        return name if name.startswith(self._prefix) else self._prefix + name


def _connect(mailbox: Mailbox, answer_seconds: float) -> IMAPClient:
    try:
        with asking():
            return IMAPClient(
                mailbox.host,
                mailbox.port,
                ssl=mailbox.tls is Tls.IMPLICIT,
                ssl_context=ssl.create_default_context(),
                timeout=SocketTimeout(min(CONNECT_SECONDS, answer_seconds), answer_seconds),
            )
    except Trouble as error:
        raise _unfit_certificate(mailbox, error) or Lost(f"{mailbox.where}: {error}") from None


def _start_tls(client: IMAPClient, mailbox: Mailbox) -> None:
    try:
        with asking():
            client.starttls(ssl.create_default_context())
    except Odd:
        raise Unfit(f"{mailbox.where}: the server offers no STARTTLS") from None
    except Lost as error:
        raise _unfit_certificate(mailbox, error) or Lost(f"{mailbox.where}: {error}") from None


def _unfit_certificate(mailbox: Mailbox, error: Trouble) -> Unfit | None:
    cause = error.__cause__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    return Unfit(f"{mailbox.where}: the server's certificate is not to be trusted: {cause.verify_message}")


def _log_in(client: IMAPClient, mailbox: Mailbox) -> None:
    with refusals(mailbox.where, f"the server does not take the user and password of {SETTING}"):
        # LOGIN knows ASCII alone.
        is_ascii = mailbox.user.isascii() and mailbox.password.isascii()
        if not is_ascii or client.has_capability("LOGINDISABLED"):
            client.plain_login(mailbox.user, mailbox.password)
        else:
            client.login(mailbox.user, mailbox.password)


def _names(client: IMAPClient) -> tuple[str, str]:
    """Return what the names of our folders begin with, and what parts them."""
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        if personal:
            prefix, delimiter = personal[0]
            return prefix, delimiter or ""
    listed = client.list_folders("", "")
    delimiter = listed[0][1] if listed else None
    return "", delimiter.decode("ascii") if delimiter else ""


def _octets(answer: dict[bytes, Any]) -> bytes:
    value = next(value for name, value in answer.items() if name.upper().startswith(b"BODY["))
    if value is None:
        return b""
    if not isinstance(value, bytes):
        raise ValueError("no octets")
    return value


def _has_said_more(client: IMAPClient) -> bool:
    """Say whether more has come together with the last answer: nobody would hear of it by waiting for the socket."""
    imap = client._imap
    if hasattr(imap, "_readbuf"):  # from Python 3.14 on
        return bool(imap._readbuf)
    connection = client.socket()
    connection.setblocking(False)
    try:
        return bool(imap.file.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        client._set_read_timeout()
