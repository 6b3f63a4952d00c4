"""A collector on a mailbox of the test: it keeps what it takes in a list, or fails as it is told."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from newsletter.inbound.doors.envelope import addressed_to
from newsletter.inbound.imap.mailbox import POLL_SECONDS, Collector
from newsletter.inbound.imap.url import Mailbox, Tls
from newsletter.inbound.mail import Mail
from newsletter.inbound.places import Place
from tests.imap.server import ImapServer
from tests.imap.talk import USER
from tests.rooms.inbound import JOIN, KEYRING, PUBLICATION


def letter(number: int = 1, recipient: str = JOIN) -> bytes:
    """Return a mail to an address, as a mail server lays it into a mailbox."""
    return (
        f"Return-Path: <anna@example.org>\r\nDelivered-To: {recipient}\r\n"
        f"From: anna@example.org\r\nTo: news@example.org\r\nSubject: {number}\r\n\r\nHello\r\n"
    ).encode()


class Collecting:
    """`fails`: what `keep` does with a mail before it keeps it; `pauses`: for how long it wanted to wait, each time."""

    def __init__(self, server: ImapServer, **other: Any) -> None:
        """`other`: parts of the mailbox that differ."""
        given = {"tls": Tls.NONE, "password": server.password, **other}
        self.server = server
        self.kept: list[tuple[Mail, Place]] = []
        self.fails: Callable[[Mail], object] = lambda mail: None
        self.pauses: list[float] = []
        self.at_pause: dict[int, Callable[[], object]] = {}
        self.now = 0.0
        self.fault: BaseException | None = None
        self._most = 1
        self._stopping = threading.Event()
        self.collector = Collector(
            Mailbox("127.0.0.1", server.port, USER, **given),  # type: ignore[arg-type]
            lambda headers: addressed_to(headers, PUBLICATION, KEYRING),
            self._keep,
            pause=self._pause,
            is_stopping=self._stopping.is_set,
            now=lambda: self.now,
        )

    def run(self, looks: int = 1) -> Self:
        """Look into the folder until that many looks went well; a server without IDLE it must be."""
        self._most = looks
        self._stopping.clear()
        self.collector.run()
        return self

    @property
    def subjects(self) -> list[int]:
        """The numbers of the mails that it kept."""
        return [int(mail.content.split(b"Subject: ")[1].split(b"\r\n")[0]) for mail, _ in self.kept]

    @property
    def troubles(self) -> list[float]:
        """The pauses after something went wrong."""
        return [pause for pause in self.pauses if pause != POLL_SECONDS]

    def __enter__(self) -> Self:
        """Let it run in a thread of its own."""
        self._most = 10**6
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        assert self.fault is None

    def _run(self) -> None:
        try:
            self.collector.run()
        except Exception as error:
            self.fault = error

    def _keep(self, mail: Mail, place: Place) -> None:
        self.fails(mail)
        self.kept.append((mail, place))

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at_pause.get(len(self.pauses), lambda: None)()
        assert len(self.pauses) < 100, "it comes to no end"
        if self.pauses.count(POLL_SECONDS) >= self._most:
            self._stopping.set()
