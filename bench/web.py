"""How long the two requests take that strangers and mail programs send: `POST /subscribe`, and one-click leaving.

`python -m bench.web [--readers 100000] [--a-second 100] [--seconds 20] [--rounds 3] [--no-worker] [--database URL]`

One web process, as an operator starts it, and a worker that answers the askings and delivers their notes into the fast
sink, on the same cores.  Requests are sent when they are due, whether or not earlier ones have been answered, and are
counted from then: a server that stalls cannot hide it.  Each has a connection and a network of its own.  The yardstick
is `/healthz` at the same rate: what the server, the machine and one query cost without a row being written.  The first
seconds are not counted: a process compiles its queries once.  At the end of each round, as many as the server takes
from 16 at once.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select

from bench.installation import Installation, installation
from bench.installation_workers import workers
from bench.sinks import fast_sink
from newsletter.embedded.processes import Process, stop_all
from newsletter.runtime import Runtime
from newsletter.store.subscribers import SubscriberRow
from newsletter.tokens import Purpose, make
from newsletter.web.guards.formtime import form_token

GOAL_SECONDS = 0.050
AT_ONCE = 16
START_SECONDS = 60
WARM_UP_SECONDS = 2.5  # no form is taken that is younger than two
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: the octets of the one of that number, and the status that is right."""

    name: str
    octets: Callable[[int], bytes]
    status: bytes


class Visitors:
    """Those who send requests to one installation."""

    def __init__(self, here: Runtime, port: int) -> None:
        self._port = port
        self._origin = f"http://127.0.0.1:{port}"
        self._form = form_token(here.keyring, here.clock())
        with here.database.reading() as session:
            refs = session.scalars(select(SubscriberRow.ref).order_by(SubscriberRow.id)).all()
        self._leave = [make(here.keyring, Purpose.LEAVE, ref) for ref in refs]

    def kinds(self, turn: int) -> Sequence[Kind]:
        """Return the requests of one round; those of the next are other people's."""
        return (
            Kind("GET /healthz", lambda _: HEALTH, b"200"),
            Kind("POST /subscribe", lambda number: self._subscribe(turn, number), b"303"),
            Kind("one-click", lambda number: self._one_click(turn, number), b"200"),
        )

    def _subscribe(self, turn: int, number: int) -> bytes:
        form = {"form": self._form, "email": f"new{turn}-{number}@example.org", "choice": "en:en", "variant": "full"}
        body = urlencode(form | {"consent": "yes", "website": ""}).encode()
        return self._post("/en/subscribe", body, number)

    def _one_click(self, turn: int, number: int) -> bytes:
        token = self._leave[(turn * 20_000 + number) % len(self._leave)]
        return self._post(f"/en/leave/{token}", b"List-Unsubscribe=One-Click", number)

    def _post(self, path: str, body: bytes, number: int) -> bytes:
        network = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nOrigin: {self._origin}\r\n"
            f"X-Forwarded-For: {network}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body

    async def ask(self, kind: Kind, number: int) -> None:
        """Send one request and read the answer to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(kind.octets(number))
        answer = await reader.read()
        writer.close()
        if answer.split(b" ", 2)[1:2] != [kind.status]:
            raise SystemExit(f"{kind.name} was answered with {answer[:200]!r}")


async def at_a_rate(visitors: Visitors, kind: Kind, a_second: float, seconds: float) -> list[float]:
    """Send requests as they fall due; return how long each took from then on."""
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        await visitors.ask(kind, number)
        took.append(time.monotonic() - due)

    began = time.monotonic()
    async with asyncio.TaskGroup() as all_of_them:
        for number in range(round(a_second * seconds)):
            due = began + number / a_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            all_of_them.create_task(one(number, due))
    return took


async def flat_out(visitors: Visitors, kind: Kind, first: int, seconds: float) -> float:
    """Send requests from some at once, each after the other's answer; return how many a second were answered."""
    numbers = iter(range(first, first + 10**6))
    until = time.monotonic() + seconds
    done = 0

    async def one_after_the_other() -> None:
        nonlocal done
        while time.monotonic() < until:
            await visitors.ask(kind, next(numbers))
            done += 1

    began = time.monotonic()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return done / (time.monotonic() - began)


@contextmanager
def pages(site: Installation, url: str) -> Iterator[int]:
    """Run the web process; give its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    much = {"askings_in_all": 10**7, "askings_per_network": 10**6, "attack_askings": 10**6}
    environment = site.environment(url, web_port=port, trusted_proxies="127.0.0.1/32", log_level="warning", **much)
    log = site.folder / "log" / "web.log"
    process = Process("web", [sys.executable, "-m", "newsletter.web"], log=log, environment=environment, grace=10)
    try:
        asyncio.run(_ready(process, port))
        yield port
    finally:
        stop_all([process])


async def _ready(process: Process, port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.exit_code is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEALTH)
            if b" 200 " in await reader.read():
                return
            writer.close()
        except OSError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit(process.obituary())


def place(took: Sequence[float], share: float) -> float:
    """Return the time within which that share was answered."""
    return sorted(took)[min(len(took) - 1, round(share * len(took)))]


def main() -> None:
    """Measure in alternating rounds, and print what each kind took beside the yardstick."""
    parser = argparse.ArgumentParser(description="How long signing up and one-click leaving take.")
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--a-second", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each kind, in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-worker", action="store_true", help="nobody answers the askings meanwhile")
    parser.add_argument("--database", help="`postgresql`, or a URL; unset: SQLite")
    given = parser.parse_args()
    took: dict[str, list[list[float]]] = {}
    rates: dict[str, list[float]] = {}
    with installation(given.database) as site, fast_sink(10**9) as sink:
        url = site.with_readers(given.readers)
        print(f"{given.readers} subscribers, {site.copies.kind}, {given.a_second:g} requests a second of each kind")
        with (
            closing(site.open(url).database),
            workers(site, url, 0 if given.no_worker else 1, smtp_url=sink.url(4), log_level="info"),
            pages(site, url) as port,
        ):
            visitors = Visitors(site.open(url), port)
            for kind in visitors.kinds(given.rounds):
                asyncio.run(at_a_rate(visitors, kind, given.a_second, WARM_UP_SECONDS))
            for turn in range(given.rounds):
                for kind in visitors.kinds(turn):
                    answers = asyncio.run(at_a_rate(visitors, kind, given.a_second, given.seconds))
                    rate = asyncio.run(flat_out(visitors, kind, 10_000, given.seconds / 4))
                    took.setdefault(kind.name, []).append(answers)
                    rates.setdefault(kind.name, []).append(rate)
    report(took, rates)


def report(took: dict[str, list[list[float]]], rates: dict[str, list[float]]) -> None:
    """Print medians over the rounds, and the ratio to the yardstick of the same run."""
    (yardstick, *_), worst = took, 0.0
    base = statistics.median(place(answers, 0.99) for answers in took[yardstick])
    for name, rounds in took.items():
        p50, p99 = (statistics.median(place(answers, share) for answers in rounds) for share in (0.5, 0.99))
        most = statistics.median(rates[name])
        print(
            f"{name:<16} p50 {p50 * 1000:6.1f} ms   p99 {p99 * 1000:6.1f} ms"
            f"   p99 / yardstick's {p99 / base:5.1f}   at most {most:6.0f}/s"
        )
        worst = worst if name == yardstick else max(worst, p99)
    said = "reached" if worst < GOAL_SECONDS else "MISSED"
    print(f"goal             p99 under {GOAL_SECONDS * 1000:g} ms: {said}")


if __name__ == "__main__":
    main()
