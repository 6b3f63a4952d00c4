"""Where mail servers hand mail to us: `lmtp://host:port`, `smtp://host:port` or `lmtp+unix:///path`."""

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from newsletter.errors import OperatorError
from newsletter.inbound.mail import Source

SETTING = "NEWSLETTER_INBOUND_URL"
LONGEST_PATH = 107
"""Octets of a unix socket's path."""

BACKLOG = 128


class NoPlaceToListen(OperatorError):
    """Not such a URL, or the place cannot be had; the text says which."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A place to listen at: host and port, or else a unix socket's path."""

    protocol: Source
    host: str = ""
    port: int = 0
    path: str = ""

    @classmethod
    def at(cls, url: str) -> "Listening":
        """Read a URL.

        Raises
        NoPlaceToListen: it is none of the three.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 0
        except ValueError:
            raise NoPlaceToListen(f"{SETTING}: not a URL") from None
        if parts.username is not None or parts.query or parts.fragment:
            raise NoPlaceToListen(f"{SETTING}: wants nothing but a host and a port, or a path")
        if parts.scheme == "lmtp+unix":
            path = unquote(parts.path)
            if host or not path.startswith("/") or path.endswith("/"):
                raise NoPlaceToListen(f"{SETTING}: wants lmtp+unix:///path, with three slashes")
            if len(os.fsencode(path)) > LONGEST_PATH:
                raise NoPlaceToListen(f"{SETTING}: the path is longer than the {LONGEST_PATH} octets of a socket's")
            return cls(Source.LMTP, path=path)
        if parts.scheme not in ("lmtp", "smtp") or not host or not port or parts.path not in ("", "/"):
            raise NoPlaceToListen(f"{SETTING}: wants lmtp://host:port, smtp://host:port or lmtp+unix:///path")
        return cls(Source(parts.scheme), host, port)

    @property
    def is_of_this_machine(self) -> bool:
        """Whether only programs on this machine can come in."""
        if self.path or self.host == "localhost":
            return True
        with suppress(ValueError):
            return ip_address(self.host).is_loopback
        return False

    @property
    def warnings(self) -> list[str]:
        """Return what would surprise the operator: whoever can connect can hand over mail in anybody's name."""
        if self.is_of_this_machine:
            return []
        return [
            f"{SETTING} listens beyond this machine, without TLS and without a password: see to it that nobody but "
            "your mail server can reach it"
        ]

    @property
    def where(self) -> str:
        """Return it in words, for a line that a person reads."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.path or f'{host}:{self.port}'} ({self.protocol.upper()})"

    def sockets(self) -> list[socket.socket]:
        """Open it: a socket for each address of the host; one at a path is for its owner and group alone.

        Raises
        NoPlaceToListen: somebody else listens there, or it is not allowed, or there is no such host.
        """
        try:
            return [self._unix()] if self.path else self._tcp()
        except OSError as error:
            why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
            raise NoPlaceToListen(f"{SETTING}: cannot listen at {self.where}: {why}") from None

    def close(self, sockets: Iterable[socket.socket]) -> None:
        """Close what was opened, and take its path away."""
        for each in sockets:
            each.close()
        if self.path:
            Path(self.path).unlink(missing_ok=True)

    def _tcp(self) -> list[socket.socket]:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        wanted = dict.fromkeys((family, address[:2]) for family, _, _, _, address in found)
        opened: list[socket.socket] = []
        try:
            for family, address in wanted:
                opened.append(socket.create_server(address, family=family, backlog=BACKLOG))
        except OSError:
            for each in opened:
                each.close()
            raise
        return opened

    def _unix(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o117)  # from its first moment: nobody else on this machine may connect
        try:
            _clear(self.path)
            listening.bind(self.path)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
        finally:
            os.umask(before)
        return listening


def inherited(numbers: Iterable[int]) -> list[socket.socket]:
    """Return listening sockets that whoever started us has opened."""
    return [socket.socket(fileno=number) for number in numbers]


def _clear(path: str) -> None:
    """Take away what a killed process left; nothing that somebody listens at, nor anything but a socket."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
