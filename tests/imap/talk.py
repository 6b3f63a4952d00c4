"""One connection: the part of IMAP4rev1 (RFC 3501) that we use, with IDLE, MOVE, NAMESPACE, STARTTLS and AUTH=PLAIN."""

import base64
import select
import shlex
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.imap.folders import Folder

if TYPE_CHECKING:
    from tests.imap.server import ImapServer

USER = "news@example.org"


class Cut(Exception):  # not an error
    """The connection is to be cut."""


class Talk:
    """Answers one client."""

    def __init__(self, server: "ImapServer", connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.out = b""
        self.known = 0
        self.folder: Folder | None = None

    def run(self) -> None:
        """Answer until the client goes, or a rule cuts it off."""
        greeting = self.server.rule_for("greeting")
        if greeting == "cut":
            raise Cut
        if isinstance(greeting, bytes):
            self.connection.sendall(greeting)
            raise Cut
        self.connection.sendall(b"* OK ready\r\n")
        while line := self.lines.readline():
            tag, _, command = line.decode(errors="replace").rstrip("\r\n").partition(" ")
            self.server.commands.append(command)
            self._answer(tag, command)
            if command == "LOGOUT":
                return

    def start_tls(self) -> None:
        """Do the handshake."""
        assert self.server.tls is not None
        self.lines.close()
        try:
            self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:
            raise Cut from None
        self.lines = self.connection.makefile("rb")

    def close(self) -> None:
        """Close the connection."""
        self.lines.close()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def _answer(self, tag: str, command: str) -> None:
        rule = self.server.rule_for(command)
        if rule == "cut":
            raise Cut
        if callable(rule):
            rule()
            rule = None
        if isinstance(rule, bytes):
            self.connection.sendall(rule.replace(b"TAG", tag.encode()))
            if b"TAG" not in rule:
                raise Cut  # or the client would wait
            return
        if rule and rule.startswith(("NO", "BAD")):
            self.connection.sendall(f"{tag} {rule}\r\n".encode())
            return
        self.out = b""
        with self.server.lock:
            words = command.upper().split(" ")
            name = "_".join(words[:2] if words[0] == "UID" else words[:1]).lower()
            done = getattr(self, f"_do_{name}", self._no_such_command)(
                command.split(" ", 2 if words[0] == "UID" else 1)[-1]
            )
            self._tell_of_new()
        self.out += f"{tag} {done or 'OK done'}\r\n".encode()
        if rule == "cut after":
            raise Cut
        self.connection.sendall(self.out[: len(self.out) // 2] if rule == "cut within" else self.out)
        if rule == "cut within":
            raise Cut
        if name == "starttls":
            self.start_tls()

    def _say(self, line: str | bytes) -> None:
        self.out += b"* " + (line.encode() if isinstance(line, str) else line) + b"\r\n"

    def _tell_of_new(self) -> bool:
        if self.folder is None or self.known >= len(self.folder.messages):
            return False
        self.known = len(self.folder.messages)
        self._say(f"{self.known} EXISTS")
        return True

    def _no_such_command(self, _: str) -> str:
        return "BAD no such command"

    def _do_capability(self, _: str) -> None:
        self._say(" ".join(["CAPABILITY", "IMAP4rev1", *self.server.capabilities]))

    def _do_starttls(self, _: str) -> None:
        pass

    def _do_noop(self, _: str) -> None:
        pass

    def _do_logout(self, _: str) -> None:
        self._say("BYE see you")

    def _do_login(self, words: str) -> str | None:
        return self._check(*shlex.split(words))

    def _do_authenticate(self, _: str) -> str | None:
        self.connection.sendall(b"+ \r\n")
        _, user, password = base64.b64decode(self.lines.readline()).decode().split("\0")
        return self._check(user, password)

    def _check(self, user: str, password: str) -> str | None:
        good = (user, password) == (USER, self.server.password)
        return None if good else f"NO [AUTHENTICATIONFAILED] {user} is not known here"

    def _do_namespace(self, _: str) -> None:
        self._say(f'NAMESPACE (("{self.server.prefix}" "{self.server.delimiter}")) NIL NIL')

    def _do_list(self, words: str) -> None:
        _, pattern = shlex.split(words)
        if not pattern:
            self._say(f'LIST (\\Noselect) "{self.server.delimiter}" ""')
        elif pattern in self.server.folders:
            self._say(f'LIST () "{self.server.delimiter}" "{pattern}"')

    def _do_create(self, words: str) -> None:
        (name,) = shlex.split(words)
        self.server.folders[name] = Folder()

    def _do_select(self, words: str) -> str | None:
        (name,) = shlex.split(words)
        if name not in self.server.folders:
            return "NO [NONEXISTENT] no such folder"
        self.folder = self.server.folders[name]
        self.known = len(self.folder.messages)
        self._say(f"{self.known} EXISTS")
        self._say("FLAGS (\\Seen \\Deleted)")
        flags = "\\Seen \\Deleted \\*" if self.server.keywords else "\\Seen \\Deleted"
        self._say(f"OK [PERMANENTFLAGS ({flags})] limited")
        self._say(f"OK [UIDVALIDITY {self.folder.epoch}] valid")
        return f"OK [{'READ-ONLY' if self.server.read_only else 'READ-WRITE'}] open"

    def _do_uid_search(self, criteria: str) -> None:
        words = criteria.split()
        found = [message for _, message in self._folder.named(words[words.index("UID") + 1])]
        if "UNDELETED" in words:
            found = [message for message in found if "\\Deleted" not in message.flags]
        if "UNKEYWORD" in words:
            keyword = words[words.index("UNKEYWORD") + 1]
            found = [message for message in found if keyword not in message.flags]
        self._say(" ".join(["SEARCH", *(str(message.uid) for message in found)]))

    def _do_uid_fetch(self, words: str) -> None:
        uids, _, items = words.partition(" ")
        for place, message in self._folder.named(uids):
            self._say(f"{place} FETCH ".encode() + message.answer(items))

    def _do_uid_copy(self, words: str) -> str | None:
        return self._copy(*shlex.split(words))

    def _do_uid_move(self, words: str) -> str | None:
        uids, name = shlex.split(words)
        if refused := self._copy(uids, name):
            return refused
        for place, message in reversed(self._folder.named(uids)):
            self._folder.messages.remove(message)
            self._say(f"{place} EXPUNGE")
            self.known -= 1
        return None

    def _copy(self, uids: str, name: str) -> str | None:
        if name not in self.server.folders:
            return "NO [TRYCREATE] no such folder"
        for _, message in self._folder.named(uids):
            self.server.folders[name].add(message.octets)
        return None

    def _do_uid_store(self, words: str) -> None:
        uids, what, flags = words.split(" ", 2)
        assert what == "+FLAGS.SILENT"
        for _, message in self._folder.named(uids):
            message.flags.update(flags.strip("()").split())

    def _do_idle(self, _: str) -> None:
        self.out = b"+ idling\r\n"
        self.server.idling.set()
        self._tell_of_new()
        while True:
            self.connection.sendall(self.out)
            self.out = b""
            self.server.lock.release()
            try:
                ready, _, _ = select.select([self.connection], [], [], 0.02)
            finally:
                self.server.lock.acquire()
            self._tell_of_new()
            if ready:
                assert self.lines.readline() in (b"DONE\r\n", b"")
                return
            rule = self.server.rule_for("idling")
            if rule == "cut":
                raise Cut
            if isinstance(rule, bytes):
                self.out += rule

    @property
    def _folder(self) -> Any:
        assert self.folder is not None
        return self.folder
