"""The whole service as `./run` starts it, used from outside: its pages, its commands, and its inbox.

The sample's week has gone out to its readers, as after `./run`; but it is got ready from here.  The seven commands that
`./run` starts for it take as long as everything else, and `tests/journeys/test_run.py` waits for them.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from celery import Celery

from newsletter import addresses, editing, publishing, subscribing
from newsletter.cli.wishes import read_csv
from newsletter.embedded.maildir import Maildir
from newsletter.embedded.processes import KEEPER
from newsletter.keyfile import create_key_file
from newsletter.runtime import Runtime
from newsletter.settings import PREFIX, Settings
from newsletter.store.digests import DigestState
from newsletter.weeks import Week
from tests.servers.mails import Received
from tests.servers.places import short_directory
from tests.servers.sample import SEEDS, sample_weeks
from tests.servers.watching import command_of, family, is_alive, until

ROOT = Path(__file__).parents[2]
WEEK = Week(2019, 41)
STARTING = 90
"""Seconds: others may want the processor."""


class Running:
    """An installation in a folder of its own, everything of it in processes; use it in a `with` block."""

    def __init__(self, *, mail_in: bool = False, **settings: str) -> None:
        self._place = short_directory("run")
        self.folder = self._place / "var"
        publication = self._place / "publication.toml"  # no sample beside it, or it would be sent as `./run` does
        sample = (SEEDS / "publication.toml").read_text()
        publication.write_text(re.sub("^mail_in = .*", f"mail_in = {mail_in}".lower(), sample, flags=re.MULTILINE))
        outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._settings = {**settings, "DATA_DIR": str(self.folder), "PUBLICATION": str(publication)}
        self._environment = {**outside, **{PREFIX + name: value for name, value in self._settings.items()}}

    def __enter__(self) -> Self:
        self._set_up()
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
        self.here = self._opened(base_url=self.url, discreet_base_url=self.discreet_url)
        self._send_sample()
        return self

    def _opened(self, **settled: str) -> Runtime:
        given = {name.lower(): value for name, value in self._settings.items()}
        return Runtime(Settings.model_validate(given | settled))

    def _set_up(self) -> None:
        """Make its database and its key."""
        here = self._opened()
        here.database.close()
        create_key_file(here.settings.keys)

    def _send_sample(self) -> None:
        """Do what `./run` has commands for: load the sample, import its readers, and send."""
        here, now = self.here, self.here.clock()
        with read_csv(SEEDS / "readers.csv", here.publication, passphrase=str) as reading:
            wishes = [line.wish for line in reading.lines if line.wish]
        with here.database.transaction() as session:
            editing.load(session, sample_weeks(here.publication))
            subscribing.add(session, here.keyring, wishes, today=here.today)
            publishing.send(session, here.publication, WEEK, now=now, who="test", batch_size=here.settings.batch_size)
        with Celery(broker=here.settings.broker, set_as_current=False) as bell:
            bell.send_task("workers.upkeep.ring", queue="newsletter", ignore_result=True)

        def is_sent() -> bool:
            with here.database.reading() as session:
                return publishing.status(session, here.publication, WEEK).state is DigestState.SENT

        until(is_sent, 60)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.here.database.close()
        everyone = family(self._process.pid)
        self._process.terminate()
        code = self._process.wait(60)
        left = [command_of(pid) for pid in everyone if is_alive(pid)]
        shutil.rmtree(self._place)
        assert (code, left) == (0, []), "it was told to end, and did not as it should"

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

    def state(self, address: str) -> str | None:
        """Return a subscriber's state as `newsletter subscribers show` tells it; None: no subscriber."""
        with self.here.database.reading() as session:
            known = subscribing.known_of(
                session, self.here.keyring, addresses.parse(address), now=self.here.clock()
            ).subscriber
        return str(known["state"]) if known else None

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
