"""A command that is killed at a chosen point, as by a power cut: no handler of it runs, and nothing is tidied up."""

import signal
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.starting import Fresh, Start, finish

DIES = """
import os, signal, sys
from newsletter.cli import keys, main, rotation
from newsletter import privatefile

house = {"rotation": rotation, "keys": keys, "draft": privatefile.Path}
place, name, times = sys.argv.pop(1), sys.argv.pop(1), int(sys.argv.pop(1))
rotation.AT_ONCE = int(sys.argv.pop(1))
real = getattr(house[place], name)

def last(*given, **named):
    global times
    times -= 1
    done = real(*given, **named) if place == "rotation" else None
    if not times:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(house[place], name, last)
main()
"""
WRITING = ("draft", "replace", 1)
"""The new key file is written, and does not stand in the place of the old one yet."""
WRITTEN = ("keys", "_note", 1)
"""It stands there, and nothing is sealed with its key yet."""
SECOND_TIME = ("rotation", "put_seals", 2)
"""Some rows are sealed again, and some more are in a transaction that is not committed."""


def killed_rotation(
    environment: Mapping[str, str],
    point: tuple[str, str, int] = SECOND_TIME,
    *,
    at_once: int = 2,
    start: Start = Fresh,
) -> None:
    """Run `newsletter keys rotate`, so many rows at once, until it is killed there."""
    words = [*map(str, point), str(at_once), "keys", "rotate"]
    with TemporaryDirectory() as folder:
        log = Path(folder, "said")
        code = finish(start(words, environment, log=log, program=DIES), 60)
        assert code == -signal.SIGKILL, f"{code}\n{log.read_text()}"
