"""The children of one run: each started, watched, started again if it dies, and stopped at the end."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

from newsletter.clock import monotonic
from newsletter.embedded.premises import Premises
from newsletter.embedded.processes import Process, ProcessDied, stop_all
from newsletter.embedded.valkey import Broker

NEWSLETTER = (sys.executable, "-m", "newsletter.cli")
WEB = (sys.executable, "-m", "newsletter.web")
"""What `newsletter web` becomes, without the second that the command line takes to load."""

EMBEDDED = (sys.executable, "-m", "newsletter.embedded")
GRACE_SECONDS = {"worker": 30.0}
"""A worker finishes what is on the wire; cutting it off would leave readers in doubt."""

LIVES = 3
YOUNG_SECONDS = 10
"""Who dies so young, so many times in a row, is not started again."""

PAUSE = 0.1


class House:
    """Starts children one by one; `tend` keeps them alive."""

    def __init__(self, premises: Premises, tell: Callable[[str], None]) -> None:
        """`tell` is told of a death."""
        self._premises = premises
        self._tell = tell
        self._logs = premises.settings.data_dir / "log"
        self._children: dict[str, Process] = {}
        self._commands: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._deaths: dict[str, int] = {}
        self._guest: Process | None = None
        self.broker: Broker | None = None

    def start_valkey(self) -> None:
        """Start the broker and wait until it answers."""
        self.broker = Broker(self._premises.settings.valkey_socket, log=self._logs / "valkey.log")
        self.broker.wait()

    def start(self, name: str, *command: str, sockets: tuple[str, ...] = ()) -> None:
        """Start a child that runs as long as we do; its log is `log/<name>.log`.

        The numbers of the listening sockets that it inherits become its last arguments.
        """
        self._commands[name] = (command, sockets)
        inherited = [self._premises.listening[one].fileno() for one in sockets]
        self._children[name] = Process(
            name,
            [*command, *map(str, inherited)],
            log=self._logs / f"{name}.log",
            environment=self._premises.environment,
            grace=GRACE_SECONDS.get(name, 10),
            keeps_open=inherited,
        )

    def tend(self) -> None:
        """Report who has died, and start it again.

        Raises
        ProcessDied: it died young three times in a row.
        """
        if self.broker is not None:
            try:
                self.broker.tend()
            except ProcessDied as death:
                self._mourn("valkey", str(death), lived=0)
                self.broker.wait()
        for name, child in list(self._children.items()):
            if child.exit_code is not None:
                self._mourn(name, child.obituary(), lived=monotonic() - child.started)
                command, sockets = self._commands[name]
                self.start(name, *command, sockets=sockets)

    def _mourn(self, name: str, obituary: str, *, lived: float) -> None:
        self._deaths[name] = self._deaths.get(name, 0) + 1 if lived < YOUNG_SECONDS else 1
        if self._deaths[name] >= LIVES:
            raise ProcessDied(f"{obituary}\nIt died {LIVES} times in a row; giving up.")
        self._tell(f"{obituary}\nStarting it again.")

    def wait(self) -> None:
        """Tend until a signal ends it."""
        while True:
            self.tend()
            time.sleep(PAUSE)

    def wait_for_page(self, path: str, seconds: float) -> bool:
        """Wait until the web pages answer at `path`; say whether they did within so many seconds."""
        settings = self._premises.settings
        host = "127.0.0.1" if settings.web_host == "0.0.0.0" else settings.web_host  # noqa: S104 - compared, not bound
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            connection = HTTPConnection(host, settings.web_port, timeout=seconds)
            with suppress(OSError, HTTPException):
                connection.request("GET", path)
                connection.getresponse().read()
                return True
            connection.close()
            self.tend()
            time.sleep(0.03)
        return False

    def run(self, *words: str, quietly: bool = False) -> int:
        """Run a `newsletter` command to its end, writing where we write; `quietly`: into `log/commands.log`."""
        log = self._logs / "commands.log" if quietly else None
        self._guest = Process(words[0], [*NEWSLETTER, *words], log=log, environment=self._premises.environment)
        while (code := self._guest.wait(PAUSE)) is None:
            self.tend()
        if code and quietly:
            self._tell(self._guest.last_lines())
        return code

    def ask(self, *words: str) -> Any:
        """Return what a `newsletter … --json` command says, or None if it ends with an error."""
        done = subprocess.run(
            [*NEWSLETTER, *words, "--json"],
            env=self._premises.environment,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None

    def stop(self) -> None:
        """Stop every child: first who uses the broker, then the broker."""
        children = [*self._children.values(), *([self._guest] if self._guest else [])]
        stop_all(children)
        self._children.clear()
        if self.broker is not None:
            self.broker.stop()
