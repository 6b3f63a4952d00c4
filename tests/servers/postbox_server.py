"""A quick SMTP server for journeys: pipelining, and it can be told what to refuse, when to wait and when to stop.

A script of its own, started by `postbox.py`, which also says what each order does.  Whoever connects to its control
socket has a server of their own, on a port of its own, until they go.  Written on asyncio's bare protocol:
the sender under test must be what is measured, not the server that takes its mail.
"""

import asyncio
import json
import re
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from typing import Any

GREETING = "220 postbox.test ESMTP"
OFFERS = "250-postbox.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000"
MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
CLOSE = ""
"""An answer that is none: the connection is closed instead."""


class Box:
    """What the server has been told and what it has taken."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, str]] = defaultdict(dict)
        self.delay = 0.0
        self.hold_after: int | None = None
        self.keep = 200
        self.connections: set[Connection] = set()
        self.held: set[Connection] = set()
        self.most_open = 0
        self.closed = 0
        self.cut: Counter[str] = Counter()
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.senders: dict[str, str] = {}
        self.bodies: dict[str, bytes] = {}
        self.count = 0
        self.changed = asyncio.Event()

    def answer(self, stage: str, recipient: str, default: str) -> str:
        told = self.answers.get(stage)
        return default if not told else told.get(recipient, told.get("*", default))

    def note(self) -> None:
        """Wake whoever waits for a count."""
        self.changed.set()
        self.changed.clear()

    def take(self, sender: str, recipients: list[str], body: bytes) -> None:
        found = MESSAGE_ID.search(body, 0, max(body.find(b"\r\n\r\n"), 0) + 2)
        message_id = found.group(1).decode("ascii", "replace") if found else ""
        for recipient in recipients:
            self.taken[recipient].append(message_id)
            self.senders[recipient] = sender
            if recipient in self.bodies or len(self.bodies) < self.keep:
                self.bodies[recipient] = body
        self.count += 1
        self.note()

    def open_of(self, client: str) -> int:
        return sum(connection.client == client for connection in self.connections)

    def counts(self) -> dict[str, int]:
        return {
            "messages": self.count,
            "open": len(self.connections),
            "most_open": self.most_open,
            "held": len(self.held),
            "closed": self.closed,
        }


class Connection(asyncio.Protocol):
    """One SMTP session."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.buffer = bytearray()
        self.replies: list[str] = []
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.client = ""  # what it called itself
        self.polite = False  # it has said QUIT
        self.in_body = False
        self.waiting = False
        self.searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.box.connections.add(self)
        self.box.most_open = max(self.box.most_open, len(self.box.connections))
        self.box.note()
        self.say(self.box.answer("connect", "*", GREETING))
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self.box.connections.discard(self)
        self.box.closed += 1
        self.box.cut[self.client] += not self.polite
        self.box.held.discard(self)
        self.box.note()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        """Take every whole command and message that has come; answer all of them with one write."""
        while not self.waiting and not self.transport.is_closing() and (self.body() if self.in_body else self.line()):
            pass
        self.flush()

    def line(self) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = self.buffer[:end].decode("utf-8", "replace")
        del self.buffer[: end + 2]
        self.command(line)
        return True

    def body(self) -> bool:
        # The dot may stand at once, without a line before it.
        if self.buffer[:3] == b".\r\n":
            end, length = 0, 3
        else:
            end, length = self.buffer.find(b"\r\n.\r\n", self.searched), 5
            if end < 0:
                self.searched = max(0, len(self.buffer) - 4)
                return False
            end += 2
            length = 3
        body = bytes(self.buffer[:end])
        del self.buffer[: end + length]
        self.in_body, self.searched = False, 0
        self.dot((b"\r\n" + body).replace(b"\r\n..", b"\r\n.")[2:])
        return True

    def command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                self.client = rest
                self.say(OFFERS)
            case "MAIL":
                self.sender, self.recipients = _path(rest), []
                self.say(self.box.answer("mail", "*", "250 2.1.0 ok"))
            case "RCPT":
                recipient = _path(rest)
                reply = self.box.answer("rcpt", recipient, "250 2.1.5 ok")
                if reply.startswith("250"):
                    self.recipients.append(recipient)
                self.say(reply)
            case "DATA" if not self.recipients:
                self.say("554 5.5.1 no valid recipients")
            case "DATA":
                reply = self.box.answer("data", self.recipients[0], "354 go on")
                self.in_body = reply.startswith("354")
                self.say(reply)
            case "RSET":
                self.sender, self.recipients = None, []
                self.say("250 2.0.0 ok")
            case "NOOP":
                self.say("250 2.0.0 ok")
            case "QUIT":
                self.polite = True
                self.say("221 2.0.0 bye")
                self.flush()
                self.transport.close()
            case _:
                self.say("500 5.5.2 unknown command")

    def dot(self, body: bytes) -> None:
        recipients, self.recipients = self.recipients, []
        reply = self.box.answer("dot", recipients[0], "250 2.0.0 taken") if recipients else "554 5.5.1 no recipients"
        if reply.startswith("250") or reply == CLOSE:
            # Taken before it is said: from here on a cut connection is the sender's doubt.
            self.box.take(self.sender or "", recipients, body)
        if self.box.hold_after is not None and self.box.count > self.box.hold_after:
            self.flush()
            self.waiting = True
            self.held_reply = reply
            self.box.held.add(self)
            self.box.note()
        elif self.box.delay:
            self.flush()
            self.waiting = True
            asyncio.get_running_loop().call_later(self.box.delay, self.go_on, reply)
        else:
            self.say(reply)

    def go_on(self, reply: str) -> None:
        self.waiting = False
        if not self.transport.is_closing():
            self.say(reply)
            self.work()

    def say(self, reply: str) -> None:
        if reply == CLOSE:
            self.flush()
            self.transport.abort()
        else:
            self.replies.append(reply)

    def flush(self) -> None:
        if self.replies and not self.transport.is_closing():
            self.transport.write(("\r\n".join(self.replies) + "\r\n").encode())
        self.replies.clear()


def _path(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


async def _order(box: Box, order: dict[str, Any]) -> Any:
    match order:
        case {"answer": {"stage": stage, "recipient": recipient, "reply": reply}}:
            if reply is None:
                box.answers[stage].pop(recipient, None)
            else:
                box.answers[stage][recipient] = reply
        case {"delay": delay}:
            box.delay = delay
        case {"keep": keep}:
            box.keep = keep
        case {"hold_after": count}:
            box.hold_after = count
            if count is None:
                for connection in list(box.held):
                    connection.go_on(connection.held_reply)
                box.held.clear()
        case {"wait": {"what": what, "least": least, "seconds": seconds}}:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while box.counts()[what] < least:
                        await box.changed.wait()
            return box.counts()[what]
        case {"tell": "counts"}:
            return box.counts()
        case {"tell": "client", "client": client}:
            return {"open": box.open_of(client), "cut": box.cut[client]}
        case {"gone": client, "seconds": seconds}:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while box.open_of(client):
                        await box.changed.wait()
            return box.open_of(client)
        case {"tell": "taken"}:
            return box.taken
        case {"tell": "senders"}:
            return box.senders
        case {"body": recipient}:
            body = box.bodies.get(recipient)
            return None if body is None else body.decode("latin-1")
        case _:
            raise ValueError(f"unknown order: {order}")
    return None


async def _obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be one server: the first line is the port wanted, or 0; its answer, and that to each order, is a line."""
    box = Box()
    port = int(await reader.readline())
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: Connection(box), "127.0.0.1", port, backlog=512, reuse_address=True)
    answer: Any = smtp.sockets[0].getsockname()[1]
    while True:
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        if not (line := await reader.readline()):
            break
        answer = await _order(box, json.loads(line))
    smtp.close()
    for connection in list(box.connections):
        connection.transport.abort()
    while box.connections:
        await box.changed.wait()
    writer.close()  # which tells who has gone that everything is closed


async def _serve(control: str) -> None:
    server = await asyncio.start_unix_server(_obey, control, limit=2**20)
    print(flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
