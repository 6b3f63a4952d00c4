"""The whole service as `./run` starts it, used from outside: its pages, its commands, and its inbox."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.embedded.maildir import Maildir
from newsletter.embedded.processes import KEEPER
from newsletter.settings import PREFIX
from tests.servers.mails import Received
from tests.servers.places import short_directory
from tests.servers.watching import until

ROOT = Path(__file__).parents[2]
STARTING = 90
"""Seconds: it sends the sample first, and others may want the processor."""


class Running:
    """An installation in a folder of its own, everything of it in processes; use it in a `with` block."""

    def __init__(self, **settings: str) -> None:
        self._place = short_directory("run")
        self.folder = self._place / "var"
        outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        given = {PREFIX + name: value for name, value in settings.items()}
        self._environment = {**outside, **given, "NEWSLETTER_DATA_DIR": str(self.folder)}

    def __enter__(self) -> Self:
        said = self._place / "said"
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", KEEPER, str(os.getpid()), "10", sys.executable, "-m", "newsletter.embedded"],
                cwd=ROOT, env=self._environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

        def is_open() -> bool:
            assert self._process.poll() is None, said.read_text()
            return "Ctrl-C" in said.read_text()

        until(is_open, STARTING)
        shown = dict(re.findall(r"^  (Public page|Mail in) +(\S+)", said.read_text(), re.MULTILINE))
        self.url = shown["Public page"].removesuffix("/en/")
        self.mail_in = int(shown["Mail in"].rpartition(":")[2])  # the port where mail is handed over
        self.discreet_url = self.url.replace("127.0.0.1", "localhost")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(60)
        shutil.rmtree(self._place)

    @property
    def database_url(self) -> str:
        """Where its rows are."""
        return f"sqlite:///{self.folder / 'newsletter.sqlite'}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process beside it needs."""
        settled = {"NEWSLETTER_BASE_URL": self.url, "NEWSLETTER_DISCREET_BASE_URL": self.discreet_url}
        return {**self._environment, **settled}

    def command(self, *words: str, code: int | None = 0) -> str:
        """Run a command of `newsletter` beside it, check its exit code (None: any), and return what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "newsletter.cli", *words],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert code in (None, done.returncode), f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def mails(self) -> list[tuple[str, Received]]:
        """Return every mail that came, with whom it is for, the oldest first."""
        inbox = Maildir(self.folder / "inbox")
        heads = inbox.heads(inbox.names()[::-1])
        return [(head.to, Received(inbox.source(head.name) or b"")) for head in heads]

    def mail(self, to: str, number: int) -> Received:
        """Wait until somebody has so many mails, and return the last of them."""
        inbox = Maildir(self.folder / "inbox")

        def names() -> list[str]:
            return [head.name for head in inbox.heads(inbox.names()[::-1]) if head.to == to]

        until(lambda: len(names()) >= number, 60)
        found = names()
        assert len(found) == number, f"{len(found)} mails, wanted {number}"
        return Received(inbox.source(found[-1]) or b"")
