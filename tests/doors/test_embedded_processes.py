"""Children of the embedded service end when they should, whatever happens to whom."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.embedded.processes import LOG_BYTES, Process, stop_all
from tests.servers.watching import family, is_alive, until

# Like a prefork pool: children of its own, one of them in a session of its own, none of which ever looks up.
FAMILY = "sleep 600 & setsid sleep 600 & echo ready; wait"
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 600; done"
DRIVER = """
import sys, time
from pathlib import Path
from newsletter.embedded.processes import Process
Process("family", ["sh", "-c", sys.argv[1]], log=Path(sys.argv[2]))
time.sleep(600)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log" / "child.log"


@pytest.fixture
def driver(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has started a family of four below a keeper."""
    with subprocess.Popen([sys.executable, "-c", DRIVER, FAMILY, log]) as process:
        until(lambda: log.exists() and "ready" in log.read_text())
        until(lambda: len(family(process.pid)) == 5)
        yield process
        process.kill()


def _shell(script: str, log: Path, *, grace: float = 10) -> Process:
    process = Process("child", ["sh", "-c", script], log=log, grace=grace)
    until(lambda: "ready" in process.last_lines())
    return process


def test_killing_the_parent_leaves_no_orphan(driver: subprocess.Popen[bytes]) -> None:
    everyone = family(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    until(lambda: not any(map(is_alive, everyone)))


def test_killing_the_child_leaves_no_orphan_of_its_own(driver: subprocess.Popen[bytes]) -> None:
    everyone = family(driver.pid) - {driver.pid}
    (keeper,) = [pid for pid in everyone if _parent(pid) == driver.pid]
    (child,) = [pid for pid in everyone if _parent(pid) == keeper]
    os.kill(child, signal.SIGKILL)
    until(lambda: not any(map(is_alive, everyone)))


def test_stopping_takes_everything_the_child_has_started(log: Path) -> None:
    process = _shell(FAMILY, log)
    until(lambda: len(family(process.pid)) == 4)
    everyone = family(process.pid)
    process.stop()
    assert not any(map(is_alive, everyone))
    assert process.exit_code == 128 + signal.SIGTERM


def test_a_child_that_will_not_stop_is_killed_after_its_grace(log: Path) -> None:
    process = _shell(STUBBORN, log, grace=0.2)
    process.stop()
    assert process.exit_code == 128 + signal.SIGKILL


def test_children_stop_side_by_side(tmp_path: Path) -> None:
    children = [_shell(STUBBORN, tmp_path / f"{number}.log", grace=1) for number in range(4)]
    stop_all(children)
    # One after the other they would be alive for 4 seconds; the log of the last tells nothing, its end does.
    assert [child.exit_code for child in children] == [128 + signal.SIGKILL] * 4


def test_a_child_that_ends_says_how_and_with_which_last_words(log: Path) -> None:
    process = Process("child", ["sh", "-c", "echo first; echo the reason; exit 3"], log=log)
    assert process.wait(10) == 3
    assert process.obituary() == f"child ended with exit code 3.\nThe end of {log}:\n  first\n  the reason"


def test_a_command_that_is_not_there_says_so(log: Path) -> None:
    process = Process("child", ["no-such-command"], log=log)
    assert process.wait(10) == 127
    assert "no-such-command" in process.last_lines()


def test_logs_are_their_owners_alone_and_do_not_grow_for_ever(log: Path) -> None:
    Process("child", ["true"], log=log).wait(10)
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    Process("child", ["echo", "new"], log=log).wait(10)
    assert log.read_text() == "new\n"
    assert log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
