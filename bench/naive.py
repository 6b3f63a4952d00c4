"""The yardstick of what is usually built: one Celery task a reader, an EmailMessage and smtplib, and no record.

Tuned as far as it goes without being something else: forked workers, one for each core, a connection kept by each,
tasks fetched by the dozen, the broker filled before the workers start; and timed from the first message to the last.
It writes nothing down and reads no database, which the real thing does.

`celery -A bench.naive worker` is started by `bench.deliver`.
"""

import json
import os
import smtplib
import sys
import time
from collections.abc import Mapping
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from celery import Celery

from bench.installation import Installation
from bench.installation_workers import Watched
from bench.sinks import Sink, Spent
from newsletter.embedded.processes import Process
from newsletter.letters import LEAVE_SLOT, PREFERENCES_SLOT, Letter

QUEUE = "naive"
BROKER, PORT, LETTER = "BENCH_BROKER", "BENCH_PORT", "BENCH_LETTER"
START_SECONDS = 120

app = Celery("naive", broker=os.environ.get(BROKER))
app.conf.update(
    task_ignore_result=True,
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
)


@cache
def _letter() -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(Path(os.environ[LETTER]).read_text())
    return read


@cache
def _connection() -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", int(os.environ[PORT]))


@app.task
def send(number: int, leave: str, preferences: str) -> None:
    """Write a reader's message and send it."""
    letter = _letter()
    message = EmailMessage()
    for name, value in letter["headers"]:
        message[name] = value
    message["To"] = f"reader{number}@example.org"
    message["Date"] = "Mon, 14 Oct 2019 06:00:00 +0000"
    message["Message-ID"] = f"<{number}@week.example.org>"
    message["List-Unsubscribe"] = f"<{letter['leave_url']}/{leave}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text, html = (
        letter[part].replace(LEAVE_SLOT, leave).replace(PREFERENCES_SLOT, preferences) for part in ("text", "html")
    )
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    _connection().send_message(message, f"bounce+{number}@week.example.org")


def naive(sink: Sink, site: Installation, letter: Letter, readers: int) -> Spent:
    """Send a message to so many readers that way."""
    path = site.folder / "letter.json"
    path.write_text(json.dumps(_plain(letter)))
    environment = os.environ | {BROKER: site.broker_url, PORT: str(sink.port), LETTER: str(path)}
    with Celery(broker=site.broker_url) as bell, bell.connection_for_write() as connection:
        for number in range(readers):
            tokens = (f"{number:0{len(slot)}}" for slot in (LEAVE_SLOT, PREFERENCES_SLOT))
            bell.send_task("bench.naive.send", (number, *tokens), queue=QUEUE, connection=connection)
    words = ["-m", "celery", "--quiet", "-A", "bench.naive", "worker", "--pool", "prefork", "--loglevel", "warning"]
    words += ["--concurrency", str(os.cpu_count()), "--without-gossip", "--without-mingle"]
    log = site.folder / "log" / "naive.log"
    process = Process("naive", [sys.executable, *words], log=log, environment=environment)
    watched = Watched(process)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not sink.wait_until_full(1.0):
            watched.check(deadline)
        return Spent(None)
    finally:
        process.stop()
        site.silence()


def _plain(letter: Letter) -> dict[str, Any]:
    lines = [line.split(": ", 1) for line in letter.headers.replace("\r\n ", " ").splitlines()]
    headers = [(name, letter.subject if name == "Subject" else value) for name, value in lines]
    headers = [(name, value) for name, value in headers if name != "MIME-Version"]  # the standard library adds it
    return {"headers": headers, "leave_url": letter.leave_url, "text": letter.text, "html": letter.html}
