"""`./run`, as a newcomer sees it: one command, real servers, the sample letter in every sample reader's inbox."""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from select import select

import pytest

from newsletter.embedded.maildir import Maildir
from newsletter.settings import PREFIX
from tests.servers.places import short_directory
from tests.servers.watching import command_of, family, is_alive, until

ROOT = Path(__file__).parents[2]
PARTS = (
    "newsletter.web",
    "newsletter.embedded postbox",
    "valkey-server",
    "newsletter.cli worker",
    "newsletter.cli beat",
    "newsletter.cli inbound",
)


@dataclass
class Run:
    """An installation in a folder of its own, and what its first `./run --once` said."""

    folder: Path
    said: str
    complained: str
    code: int

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "newsletter.cli", "run"]

    @property
    def environment(self) -> dict[str, str]:
        return _environment(self.folder)

    def again(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    @property
    def received(self) -> Counter[str]:
        mails = Maildir(self.folder / "inbox")
        return Counter(head.to for head in mails.heads(mails.names()))


def _environment(folder: Path) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return outside | {"NEWSLETTER_DATA_DIR": str(folder)}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    folder = short_directory("a first run") / "var"
    first = Run(folder, "", "", -1)
    done = first.again("--once")
    yield Run(folder, done.stdout, done.stderr, done.returncode)
    shutil.rmtree(folder.parent)


@pytest.fixture(scope="module")
def second(run: Run) -> subprocess.CompletedProcess[str]:
    """`./run --once` again, on the same folder."""
    return run.again("--once")


@dataclass
class Served:
    """The service, begun once more on the same folder and up with every part."""

    process: subprocess.Popen[bytes]
    beside_the_pages: list[str]
    """What ran already when the pages first answered."""


@pytest.fixture(scope="module")
def served(run: Run, second: subprocess.CompletedProcess[str]) -> Iterator[Served]:
    """It serves, after the second run, until the last test that uses it ends it."""
    with _serving(run.folder) as process:
        until(lambda: _pids(process.pid, "newsletter.web"))
        port = int((run.folder / "run.lock").read_text().rstrip("/").rpartition(":")[2])
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        # Looked at before the answer is read: what starts because of it may be quicker than we are.
        ready, _, _ = select([connection.sock], [], [], 60)
        beside_the_pages = [part for part in PARTS[1:] if _pids(process.pid, part)]
        assert ready
        connection.close()
        _wait_for_every_part(process)
        yield Served(process, beside_the_pages)


@pytest.fixture
def starting(run: Run, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One where every part is there and most are still starting: it has nothing to set up, and no sample to show."""
    shutil.copytree(run.folder, tmp_path / "var")
    shutil.copy(ROOT / "seeds" / "publication.toml", tmp_path)
    with _serving(tmp_path / "var", NEWSLETTER_PUBLICATION=str(tmp_path / "publication.toml")) as process:
        _wait_for_every_part(process)
        yield process


@contextmanager
def _serving(folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the service."""
    command, environment = [sys.executable, "-m", "newsletter.embedded"], _environment(folder) | settings
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def _wait_for_every_part(process: subprocess.Popen[bytes]) -> None:
    until(lambda: all(_pids(process.pid, part) for part in PARTS), seconds=60)


def assert_stops(process: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    """It ends as it was told to, after everything below it."""
    everyone = family(process.pid)
    process.send_signal(signum)
    assert process.wait(60) == 0
    assert not any(map(is_alive, everyone))


def _pids(parent: int, part: str) -> list[int]:
    return [pid for pid in family(parent) if part in command_of(pid) and "keeper.py" not in command_of(pid)]


def _url(run: Run, name: str) -> str:
    (line,) = [line for line in run.said.splitlines() if line.strip().startswith(name)]
    return next(word for word in line.split() if word.startswith("http"))


def test_the_first_run_delivers_to_every_sample_reader_once(run: Run) -> None:
    assert run.code == 0, run.complained
    with (ROOT / "seeds" / "readers.csv").open(encoding="utf-8", newline="") as file:
        readers = [row["email"] for row in csv.DictReader(file)]
    assert run.received == Counter(readers)


def test_the_first_run_says_what_happened_and_where_to_look(run: Run) -> None:
    assert _url(run, "Public page").endswith("/en/")
    assert _url(run, "This week").endswith("/en/2019-W41")
    assert _url(run, "Inbox").startswith("http://127.0.0.1:")
    for word in ("edition", "readers", "sent", "size", "fallbacks", "be-ru", "KB"):
        assert word in run.said
    assert "\x1b[" not in run.said + run.complained, "a pipe gets plain lines"


def test_the_first_run_says_where_the_key_is_and_the_second_is_silent(
    run: Run, second: subprocess.CompletedProcess[str]
) -> None:
    assert str(run.folder / "newsletter.key") in run.said
    assert "Back it up" in run.said
    assert (run.folder / "newsletter.key").stat().st_mode & 0o777 == 0o600
    assert "Back it up" not in second.stdout


def test_a_second_run_sends_nothing_twice_and_succeeds(run: Run, second: subprocess.CompletedProcess[str]) -> None:
    assert second.returncode == 0, second.stderr
    assert "be-ru" in second.stdout
    assert set(run.received.values()) == {1}


def test_nothing_of_a_finished_run_is_left(run: Run) -> None:
    everyone = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    assert not [command_of(pid) for pid in everyone if str(run.folder) in command_of(pid)]
    assert not (run.folder / "valkey" / "valkey.sock").exists()


def test_no_file_of_a_run_is_open_to_others(run: Run) -> None:
    for path in run.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert run.folder.stat().st_mode & 0o077 == 0


def test_no_log_holds_an_address(run: Run) -> None:
    logs = list((run.folder / "log").glob("*.log*"))
    assert {log.name for log in logs} >= {"web.log", "worker.log", "beat.log", "postbox.log", "valkey.log"}
    for log in logs:
        assert "@example.org" not in log.read_text(), log


def test_a_key_that_has_gone_is_missed_before_anything_starts(run: Run) -> None:
    key = run.folder / "newsletter.key"
    aside = key.rename(run.folder / "aside.key")
    try:
        done = run.again("--once")
    finally:
        aside.rename(key)
    assert done.returncode == 2
    assert "the key file is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_pages_come_before_anything_else(served: Served) -> None:
    """A second start answers at once because nobody competes with the pages for the processor."""
    assert served.beside_the_pages == []


def test_while_it_runs_pages_answer_a_second_start_says_where_and_a_killed_child_comes_back(
    run: Run, served: Served
) -> None:
    url = (run.folder / "run.lock").read_text().strip()
    with urllib.request.urlopen(f"{url}en/2019-W41", timeout=20) as page:
        assert page.status == 200
    again = run.again()
    assert again.returncode == 2
    assert f"is running already: {url}" in again.stderr
    (worker,) = _pids(served.process.pid, "newsletter.cli worker")
    os.kill(worker, signal.SIGKILL)
    until(lambda: _pids(served.process.pid, "newsletter.cli worker") not in ([], [worker]))
    assert served.process.poll() is None


def test_ctrl_c_stops_every_child(served: Served) -> None:
    assert_stops(served.process, signal.SIGINT)


def test_a_signal_stops_every_child_even_those_that_are_still_starting(starting: subprocess.Popen[bytes]) -> None:
    assert_stops(starting, signal.SIGTERM)


def test_killing_the_parent_leaves_no_orphan(starting: subprocess.Popen[bytes]) -> None:
    everyone = family(starting.pid)
    assert len(everyone) > 2 * len(PARTS)
    starting.kill()
    starting.wait()
    until(lambda: not any(map(is_alive, everyone)))


def test_a_run_with_a_setting_that_is_wrong_names_every_fault(tmp_path: Path) -> None:
    environment = _environment(tmp_path) | {"NEWSLETTER_WEB_PORT": "0", "NEWSLETTER_NO_SUCH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "newsletter.embedded", "--once"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "NEWSLETTER_WEB_PORT" in done.stderr
    assert "NEWSLETTER_NO_SUCH" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_was_asked_for_and_is_taken_ends_it_with_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "newsletter.embedded", "--once"],
            env=_environment(tmp_path) | {"NEWSLETTER_WEB_PORT": str(port)},
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr


def test_once_says_no_where_there_is_no_sample(tmp_path: Path) -> None:
    shutil.copy(ROOT / "seeds" / "publication.toml", tmp_path)
    environment = _environment(tmp_path / "var") | {"NEWSLETTER_PUBLICATION": str(tmp_path / "publication.toml")}
    done = subprocess.run(
        [sys.executable, "-m", "newsletter.embedded", "--once"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "sample" in done.stderr
