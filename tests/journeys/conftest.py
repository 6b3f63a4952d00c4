"""What journeys share: an installation with a broker and a postbox, its workers in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from newsletter.clock import monotonic
from newsletter.outcomes import State
from newsletter.runtime import Runtime
from newsletter.sealing import create_key_file
from newsletter.settings import load_settings
from newsletter.store.deliveries import Tally, tally
from newsletter.store.digests import DigestState, digest_of
from newsletter.weeks import Week
from tests.journeys.crew import Worker
from tests.servers.postbox import Postbox

SEEDS = Path(__file__).parents[2] / "seeds"
WEEK = Week(2019, 41)


class Site:
    """One installation, used from outside: commands, workers, and a look into its ledger."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.workers: list[Worker] = []
        self.here = Runtime(load_settings())

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of `newsletter` to its end and check its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "newsletter.cli", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def hire(self, job: str = "worker") -> Worker:
        """Start a worker, or a beat."""
        self.workers.append(Worker(job, self.environment, self.folder / "worker.log"))
        return self.workers[-1]

    def ring(self) -> None:
        """Ring the bell as the beat does every minute."""
        from workers.app import app

        app.send_task("workers.upkeep.ring", queue="newsletter")

    def import_readers(self, number: int) -> list[str]:
        """Import that many readers of the English edition from a file."""
        readers = [f"reader-{place}@example.org" for place in range(number)]
        (self.folder / "readers.csv").write_text("email,edition\n" + "".join(f"{reader},en\n" for reader in readers))
        self.run("subscribers", "import", str(self.folder / "readers.csv"))
        return readers

    def tally(self, week: Week = WEEK) -> tuple[DigestState, Tally]:
        """Count the digest's deliveries, which must balance at every instant."""
        with self.here.database.reading() as session:
            row = digest_of(session, week)
            if row is None:
                return DigestState.OPEN, Tally(0, {})
            counted = tally(session, row.id)
        assert counted.balances, counted
        return row.state, counted

    def wait_for(self, what: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until it is so; fail after so many seconds with what the workers said."""
        deadline = monotonic() + seconds
        while not what():
            assert monotonic() < deadline, (self.folder / "worker.log").read_text()[-3000:]

    def stand_by(self, beats: int) -> None:
        """Wait until the beats have rung and been heard that many times more."""
        log = self.folder / "worker.log"
        heard = log.read_text().count("close_due_weeks[")
        self.wait_for(lambda: log.read_text().count("close_due_weeks[") >= heard + beats)

    def ring_until(self, enough: Callable[[DigestState, Tally], bool], seconds: float = 90) -> Tally:
        """Ring every second until the ledger says so, checking that it balances at every look."""
        deadline = monotonic() + seconds
        rung = 0.0
        while True:
            state, counted = self.tally()
            if enough(state, counted):
                return counted
            assert monotonic() < deadline, f"{state} {counted}\n{(self.folder / 'worker.log').read_text()[-3000:]}"
            if monotonic() - rung > 1:
                self.ring()
                rung = monotonic()

    def ring_until_sent(self) -> Tally:
        """Ring until the digest is sent."""
        return self.ring_until(lambda state, counted: state is DigestState.SENT and counted.open == 0)


def doubtful(counted: Tally) -> int:
    """Return how many deliveries are in doubt."""
    return counted.states[State.DOUBTFUL]


@pytest.fixture
def site(
    database_url: str, broker_url: str, postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Site]]:
    """Make an installation; `site(ON_DOUBT="hold")` sets settings."""
    made: list[Site] = []

    def make(**settings: str) -> Site:
        create_key_file(tmp_path / "newsletter.key")
        environment = {
            f"NEWSLETTER_{name}": value
            for name, value in {
                "DATABASE_URL": database_url,
                "BROKER_URL": broker_url,
                "SMTP_URL": postbox.url,
                "DATA_DIR": str(tmp_path),
                "KEY_FILE": str(tmp_path / "newsletter.key"),
                "PUBLICATION": str(SEEDS / "publication.toml"),
                **settings,
            }.items()
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        site = Site(environment, tmp_path)
        site.run("db", "upgrade")
        made.append(site)
        return site

    yield make
    for site in made:
        for worker in site.workers:
            worker.wake()
            worker.kill()
        site.here.database.close()
