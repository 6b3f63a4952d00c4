"""Runs one command and never lets it, or anything it started, outlive the process that asked for it.

A script of its own, started by path (`python -I keeper.py PARENT GRACE COMMAND…`) and importing nothing of ours: it
must be there within milliseconds.  Two ties hold.  The kernel signals the keeper when its parent dies (`prctl(2)`,
PR_SET_PDEATHSIG), even by SIGKILL; and as the reaper of all its descendants (PR_SET_CHILD_SUBREAPER) the keeper still
finds those whose own parent has gone, such as the pool of a killed worker.  Elsewhere than on Linux both are absent
and an ordinary stop must do.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PARENT_DIED = signal.SIGHUP
HEARD = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGALRM, PARENT_DIED}


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _descendants() -> list[int]:
    """Return every process below this one, of whatever group or session."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # The name, in brackets, may hold spaces and brackets of its own: proc(5).
            after_name = stat.read_text(errors="replace").rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(after_name[1])
    found, known = [], {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in known} - known:
        found += sorted(more)
        known |= more
    return found


def _reap(child: int) -> int | None:
    """Bury every dead descendant; return the child's wait status if it was among them."""
    status = None
    with suppress(ChildProcessError):
        while (reaped := os.waitpid(-1, os.WNOHANG))[0]:
            if reaped[0] == child:
                status = reaped[1]
    return status


def _kill_everything(child: int) -> None:
    if not Path("/proc/self").exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        return
    # A process may fork between the look and the kill, so look until there is nobody.
    while below := _descendants():
        for pid in below:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _reap(child)
        time.sleep(0.002)


def _become(command: list[str], keeper: int) -> None:
    """Turn this forked child into the command, bound to the keeper in its turn."""
    os.setpgid(0, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
    if os.getppid() != keeper:
        os._exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is the caller's, and there is no shell
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def keep(parent: int, grace: float, command: list[str]) -> int:
    """Run the command to its end and return its exit code (128 + signal, as a shell does).

    SIGTERM and SIGINT ask it to stop and kill after `grace` seconds; the parent's death, or SIGHUP, kills at once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    _prctl(PR_SET_PDEATHSIG, PARENT_DIED)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:
        return 1
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        _become(command, keeper)
    while (status := _reap(child)) is None:
        heard = signal.sigwait(HEARD)
        if heard in (signal.SIGTERM, signal.SIGINT):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
            signal.setitimer(signal.ITIMER_REAL, grace)
        elif heard != signal.SIGCHLD:
            _kill_everything(child)
            return 128 + signal.SIGKILL
    _kill_everything(child)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
