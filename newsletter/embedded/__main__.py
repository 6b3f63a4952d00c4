"""`python -m newsletter.embedded [--once]`: the whole service on this machine, from one command.

`… with-broker -- COMMAND…` runs one command with the installation's Valkey at hand, for a worker or a beat of its own.
`… postbox` is the catch-all mail server, as the service starts it.
"""

import argparse
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from newsletter.embedded.house import House
from newsletter.embedded.journey import Journey
from newsletter.embedded.premises import lock, settle
from newsletter.embedded.processes import Process
from newsletter.embedded.valkey import Broker
from newsletter.errors import NewsletterError, OperatorError
from newsletter.settings import PREFIX, Settings, load_settings

ONCE_SECONDS = 120
TENDING_SECONDS = 0.2


class Told(BaseException):
    """A signal asked us to end.  Not an Exception: nothing on the way may take it for a failure of its own."""

    def __init__(self, signum: int) -> None:
        self.signum = signum


def _heed_signals() -> None:
    def told(signum: int, _frame: FrameType | None) -> NoReturn:
        # While children stop, a second Ctrl-C means now: what we leave, the keepers kill.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Told(signum)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(each, told)


def _run(settings: Settings, *, once: bool) -> int:
    locked = lock(settings.data_dir)
    premises = settle(settings)
    os.pwrite(locked, f"{premises.base_url}/".encode(), 0)
    house = House(premises, lambda text: print(text, file=sys.stderr, flush=True))
    journey = Journey(premises, house)
    if once and not journey.has_sample:
        raise OperatorError(
            f"--once sends the sample to its made-up readers: wants it beside {settings.publication}, "
            f"and {PREFIX}SMTP_URL unset or on this machine"
        )
    is_delivered = True
    try:
        if once:
            signal.setitimer(signal.ITIMER_REAL, ONCE_SECONDS)
        journey.open_house()
        if journey.has_sample:
            is_delivered = journey.deliver_sample()
        if not once:
            journey.open_for_mail()
        journey.show_addresses()
        if not once:
            print("  Ctrl-C stops it.", flush=True)
            house.wait()
    except Told as told:
        if told.signum == signal.SIGALRM:
            print(f"Not delivered within {ONCE_SECONDS} seconds; the logs are in {settings.data_dir / 'log'}")
        elif not once:
            print("\nStopping …", flush=True)
        return 0 if not once else 1 if told.signum == signal.SIGALRM else 128 + told.signum
    finally:
        house.stop()
        premises.close()
    return 0 if is_delivered else 1


def _with_broker(settings: Settings, command: list[str]) -> int:
    broker = Broker(settings.valkey_socket, log=settings.data_dir.absolute() / "log" / "valkey.log")
    child: Process | None = None
    try:
        broker.wait()
        child = Process("command", command, environment=os.environ | {f"{PREFIX}BROKER_URL": settings.broker}, grace=30)
        while (code := child.wait(TENDING_SECONDS)) is None:
            broker.tend()
        return code
    except Told:
        if child is None:
            return 0
        child.stop()
        return child.exit_code or 0
    finally:
        broker.stop()


def main() -> int:
    """Run what the command line asks for; return the exit code: 2 for a mistake in settings or arguments."""
    parser = argparse.ArgumentParser(prog="python -m newsletter.embedded", description=__doc__)
    parser.add_argument("--once", action="store_true", help="send the sample, show what happened, and end")
    parser.add_argument("part", nargs="?", choices=["with-broker", "postbox"], help="only this part; see above")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="for with-broker: what to run")
    given = parser.parse_args()
    os.umask(0o077)
    try:
        settings = load_settings()
        if given.part == "postbox":
            from newsletter.embedded.postbox import serve  # half a second that nobody else should wait for

            serve(settings, given.command)
            return 0
        _heed_signals()
        if given.part == "with-broker":
            return _with_broker(settings, given.command[given.command[:1] == ["--"] :])
        return _run(settings, once=given.once)
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 2
    except NewsletterError as error:
        print(error, file=sys.stderr)
        return 1
    except Told as told:
        return 128 + told.signum


if __name__ == "__main__":
    sys.exit(main())
