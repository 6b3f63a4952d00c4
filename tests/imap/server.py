"""The server: a thread for each connection, and rules for what goes wrong at which command."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.imap.folders import Folder
from tests.imap.talk import Cut, Talk

PASSWORD = "p@ss w/rd"


@dataclass
class Rule:
    """What goes wrong at commands that begin so; `times` counts down."""

    command: str
    what: str | bytes | Callable[[], object]
    times: int


class ImapServer:
    """Listens while the `with` block lasts.  `capabilities`: beside IMAP4rev1; `prefix`: how its folders begin."""

    def __init__(
        self,
        *capabilities: str,
        tls: ssl.SSLContext | None = None,
        keywords: bool = True,
        read_only: bool = False,
        prefix: str = "",
        delimiter: str = "/",
    ) -> None:
        self.capabilities = capabilities
        self.tls = tls
        self.keywords = keywords
        self.read_only = read_only
        self.prefix = prefix
        self.delimiter = delimiter
        self.password = PASSWORD
        self.folders = {"INBOX": Folder()}
        self.commands: list[str] = []
        self.connections = 0
        self.idling = threading.Event()
        self._rules: list[Rule] = []
        self.lock = threading.RLock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def inbox(self) -> Folder:
        """The folder that mail comes to."""
        return self.folders["INBOX"]

    @property
    def handled(self) -> list[bytes]:
        """The mails that were moved."""
        return self.folders.get("newsletter/handled", Folder()).contents

    def put(self, octets: bytes, *, size: int | None = None) -> int:
        """Deliver a mail; return its UID."""
        with self.lock:
            return self.inbox.add(octets, size=size)

    def at(self, command: str, what: str | bytes | Callable[[], object], times: int = 1) -> None:
        """At the next commands that begin so, cut the connection (`cut`), cut it after the work and before the answer
        (`cut after`) or in the middle of it (`cut within`), answer otherwise (`NO …`, `BAD …`, or octets), or call.
        """
        with self.lock:
            self._rules.append(Rule(command, what, times))

    def rule_for(self, command: str) -> str | bytes | Callable[[], object] | None:
        """Return what goes wrong now."""
        with self.lock:
            for rule in self._rules:
                if rule.times and command.startswith(rule.command):
                    rule.times -= 1
                    return rule.what
            return None

    def said(self, command: str) -> list[str]:
        """Return the commands that began so."""
        return [line for line in self.commands if line.startswith(command)]

    def cut_all(self) -> None:
        """Cut every connection."""
        with self.lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._threads[0].join(10)  # before the others: nobody new comes
        self.cut_all()
        for thread in self._threads[1:]:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            with self.lock:
                self.connections += 1
                self._open.add(connection)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(60)
        talk = Talk(self, connection)
        with suppress(Cut, OSError):
            if self.tls is not None and "STARTTLS" not in self.capabilities:
                talk.start_tls()
            talk.run()
        with self.lock:
            self._open.discard(connection)
        talk.close()
