"""The quick SMTP server for journeys, seen from a test: say what it answers, ask what it has taken."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from newsletter.embedded.processes import KEEPER
from tests.servers.places import short_directory

SERVER = Path(__file__).with_name("postbox_server.py")


class Answers(MutableMapping[str, str]):
    """What the server answers about a recipient at one stage; `"*"` is everyone not named; `""` hangs up."""

    def __init__(self, postbox: "Postbox", stage: str) -> None:
        self._postbox = postbox
        self._stage = stage
        self._told: dict[str, str] = {}

    def __setitem__(self, recipient: str, reply: str) -> None:
        self._told[recipient] = reply
        self._postbox.order(answer={"stage": self._stage, "recipient": recipient, "reply": reply})

    def __delitem__(self, recipient: str) -> None:
        del self._told[recipient]
        self._postbox.order(answer={"stage": self._stage, "recipient": recipient, "reply": None})

    def __getitem__(self, recipient: str) -> str:
        return self._told[recipient]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._told))

    def __len__(self) -> int:
        return len(self._told)


class PostOffice:
    """The process in which postboxes are; one takes 0.15 s of a processor to start, and hundreds of tests have some."""

    def __init__(self) -> None:
        self._directory = short_directory("postbox")
        self.control = self._directory / "control.sock"
        self._process = subprocess.Popen(
            [sys.executable, "-I", KEEPER, str(os.getpid()), "1", sys.executable, "-I", SERVER, self.control],
            stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "it did not start"

    def close(self) -> None:
        """End it, and whatever servers it still has."""
        self._process.terminate()
        self._process.communicate()
        shutil.rmtree(self._directory)


class Postbox:
    """A real SMTP server in another process, on a port of 127.0.0.1.

    `answers` (at RCPT), `at_data`, `at_dot` map a recipient to a reply (`""` at the dot keeps the message and hangs
    up); `at_connect["*"]` and `at_mail["*"]` are for everyone.  A message counts as taken when its dot has
    come, before the 250 is written.
    """

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, empty and on the port it had before, if it had one."""
        self._control = socket.socket(socket.AF_UNIX)
        self._control.settimeout(120)
        self._control.connect(os.fspath(self._office.control))
        self._lines = self._control.makefile("rwb")
        self._lines.write(b"%d\n" % self.port)
        self._lines.flush()
        self.port = int(self._lines.readline())
        self.answers = Answers(self, "rcpt")
        self.at_connect = Answers(self, "connect")
        self.at_mail = Answers(self, "mail")
        self.at_data = Answers(self, "data")
        self.at_dot = Answers(self, "dot")

    def stop(self) -> None:
        """End it at once, as a process that is killed does; what it has taken is forgotten."""
        if self._lines.closed:
            return
        self._control.shutdown(socket.SHUT_WR)
        assert not self._lines.read(), "it said something more"
        self._lines.close()
        self._control.close()

    def order(self, **order: Any) -> Any:
        """Send one order and return its answer."""
        self._lines.write(json.dumps(order).encode() + b"\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    @property
    def url(self) -> str:
        """What `NEWSLETTER_SMTP_URL` is set to."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> int:
        """How many messages it has taken."""
        return int(self.order(tell="counts")["messages"])

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return int(self.order(tell="counts")["open"])

    @property
    def held(self) -> int:
        """How many connections wait for the answer to their dot."""
        return int(self.order(tell="counts")["held"])

    @property
    def closed(self) -> int:
        """How many connections have been closed, by whichever side."""
        return int(self.order(tell="counts")["closed"])

    def open_of(self, client: str) -> int:
        """How many connections are open now of a client that gave this name at EHLO."""
        return int(self.order(tell="client", client=client)["open"])

    def cut(self, client: str) -> int:
        """How many connections of that client have ended without a QUIT."""
        return int(self.order(tell="client", client=client)["cut"])

    @property
    def most_open(self) -> int:
        """How many connections were open at the same time, at most."""
        return int(self.order(tell="counts")["most_open"])

    @property
    def taken(self) -> dict[str, list[str]]:
        """Recipient → the Message-ID of each message taken for it, in order."""
        answer: dict[str, list[str]] = self.order(tell="taken")
        return answer

    @property
    def senders(self) -> dict[str, str]:
        """Recipient → the MAIL FROM of the newest message taken for it."""
        answer: dict[str, str] = self.order(tell="senders")
        return answer

    def body(self, recipient: str) -> bytes:
        """Return the newest message taken for a recipient, dots unstuffed; kept for the first 200 recipients."""
        body = self.order(body=recipient)
        assert body is not None, "no message kept for that recipient"
        return str(body).encode("latin-1")

    def delay(self, seconds: float) -> None:
        """Answer each dot that much later."""
        self.order(delay=seconds)

    def hold(self, *, after: int = 0) -> None:
        """Once `after` messages are taken, take more but answer no dot: every sender is left in doubt."""
        self.order(hold_after=after)

    def release(self) -> None:
        """Answer all dots held, and hold no more."""
        self.order(hold_after=None)

    def wait(self, what: str, least: int, seconds: float = 60) -> int:
        """Wait until `messages`, `open`, `closed` or `held` is at least that many; fail after so many seconds."""
        reached = int(self.order(wait={"what": what, "least": least, "seconds": seconds}))
        assert reached >= least, f"{reached} {what} after {seconds} s, wanted {least}"
        return reached

    def wait_gone(self, client: str, seconds: float = 60) -> None:
        """Wait until that client has no connection any more; fail after so many seconds."""
        left = int(self.order(gone=client, seconds=seconds))
        assert not left, f"{client} has {left} connections after {seconds} s"
