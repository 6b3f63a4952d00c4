"""One installation, used from outside: commands, workers, and a look into its ledger."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

from celery import Celery

from newsletter import addresses, editing, publishing, subscribing
from newsletter.clock import monotonic
from newsletter.runtime import Runtime
from newsletter.settings import PREFIX, Settings
from newsletter.store.deliveries import Tally, tally
from newsletter.store.digests import DigestState, digest_of
from newsletter.subscribing import Wish
from newsletter.weeks import Week
from tests.servers.crew import Born, Nursery
from tests.servers.sample import sample_weeks

SEEDS = Path(__file__).parents[2] / "seeds"
WEEK = Week(2019, 41)
LOOK = 0.02
"""Seconds between two looks at what is waited for."""


class Site:
    """One installation, with its settings as environment variables; its processes come out of the nursery."""

    def __init__(self, environment: Mapping[str, str], folder: Path, nursery: Nursery) -> None:
        self.environment = environment
        self.folder = folder
        self.nursery = nursery
        self.workers: list[Born] = []
        self.here = Runtime(
            Settings.model_validate({name.removeprefix(PREFIX).lower(): given for name, given in environment.items()})
        )

    def run(self, *words: str, code: int = 0) -> CompletedProcess[str]:
        """Run a command of `newsletter` to its end and check its exit code."""
        done = self.nursery.run(words, self.environment)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def hire(self, job: str = "worker") -> Born:
        """Start a worker, or a beat."""
        self.workers.append(self.nursery.hire(job, self.environment, log=self.folder / "worker.log"))
        return self.workers[-1]

    def ring(self, task: str = "workers.upkeep.ring", queue: str = "newsletter") -> None:
        """Ring the bell as the beat does every minute; not by `workers.app`, which keeps the first broker it sees."""
        with Celery(broker=self.here.settings.broker, set_as_current=False) as bell:
            bell.send_task(task, queue=queue, ignore_result=True)

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
            time.sleep(LOOK)

    def ring_until_sent(self, seconds: float = 90) -> None:
        """Ring every second until the digest is sent, checking that it balances at every look."""
        rung = 0.0

        def sent() -> bool:
            nonlocal rung
            if monotonic() - rung > 1:
                self.ring()
                rung = monotonic()
            state, counted = self.tally()
            return state is DigestState.SENT and counted.open == 0

        self.wait_for(sent, seconds)

    def close(self) -> None:
        """End everybody."""
        for worker in self.workers:
            if worker.alive:
                worker.kill()
        self.here.database.close()

    def stand_by(self, beats: int) -> None:
        """Wait until the beats have rung and been heard that many times more."""
        log = self.folder / "worker.log"
        heard = log.read_text().count("close_due_weeks[")
        self.wait_for(lambda: log.read_text().count("close_due_weeks[") >= heard + beats)


def prepare(here: Runtime, number: int) -> list[str]:
    """Load the sample, add that many readers of the English edition, and plan the digest for them, all at once."""
    edition = here.publication.edition("en")
    readers = [f"reader-{place}@example.org" for place in range(number)]
    wishes = [Wish(addresses.parse(reader), edition, edition.languages) for reader in readers]
    now = here.clock()
    with here.database.transaction() as session:
        editing.load(session, sample_weeks(here.publication))
        for first in range(0, number, 1000):
            subscribing.add(session, here.keyring, wishes[first : first + 1000], today=now.date())
        publishing.send(session, here.publication, WEEK, now=now, who="test", batch_size=here.settings.batch_size)
    return readers
