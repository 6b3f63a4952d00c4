"""One connection of the scripted server."""

import asyncio
import socket
import struct
from base64 import b64decode
from typing import TYPE_CHECKING

from tests.smtp.script import Do, Script, Then, say

if TYPE_CHECKING:
    from tests.smtp.server import Record


class Ended(EOFError):
    """The script ends the connection here."""


class Talk:
    """Reads commands, looks up what the script does about them, and does it."""

    def __init__(
        self,
        play: Script,
        record: "Record",
        heard: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.play = play
        self.record = record
        self.heard = heard
        self.reader = reader
        self.writer = writer
        self.secure = play.implicit
        self.messages = 0
        self.forget()

    def forget(self) -> None:
        """No transaction is open."""
        self.sender = False
        self.recipients: list[str] = []
        self.name = ""

    async def run(self) -> None:
        """Greet, then answer until the client or the script ends it."""
        if self.play.most is not None and self.record.open > self.play.most:
            await self.act(say("421 4.7.0 too many connections", Then.CLOSE))
        await self.do("connect", say("220 scripted.example ESMTP"))
        while line := await self.reader.readline():
            text = line.decode("latin-1").rstrip("\r\n")
            self.heard.append(text)
            verb = text.split(" ")[0].lower()
            await getattr(self, f"on_{verb}", self.unknown)(text)

    async def on_ehlo(self, text: str) -> None:
        offers = [*self.play.offers]
        if self.play.tls is not None and not self.secure:
            offers.append("STARTTLS")
        lines = ["scripted.example", *offers]
        last = len(lines) - 1
        hello = "\r\n".join(f"250{' ' if place == last else '-'}{line}" for place, line in enumerate(lines))
        await self.do("ehlo", say(hello))

    async def on_starttls(self, text: str) -> None:
        await self.do("starttls", say("220 2.0.0 go ahead"))
        context = self.play.context
        assert context is not None
        await self.writer.start_tls(context)
        self.secure = True

    async def on_auth(self, text: str) -> None:
        _, mechanism, *initial = text.split(" ")
        if mechanism == "PLAIN":
            _, user, password = b64decode(initial[0]).decode().split("\0")
        else:
            user, password = [await self.challenge(word) for word in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")]
        good = (user, password) == self.play.login
        await self.do("auth", say("235 2.7.0 welcome" if good else "535 5.7.8 no"))

    async def challenge(self, word: str) -> str:
        await self.send(f"334 {word}".encode())
        return b64decode(await self.reader.readline()).decode()

    async def on_mail(self, text: str) -> None:
        if self.play.per_connection == self.messages:
            await self.act(say("421 4.7.0 enough for one connection", Then.CLOSE))
        self.sender = (await self.do("mail", say("250 2.1.0 fine"))).startswith(b"2")

    async def on_rcpt(self, text: str) -> None:
        self.name = text.partition("<")[2].partition("@")[0]
        if not self.sender:
            await self.send(b"503 5.5.1 MAIL first")
        elif (await self.do("rcpt", say("250 2.1.5 fine"))).startswith(b"2"):
            self.recipients.append(self.name)

    async def on_data(self, text: str) -> None:
        usual = say("354 go on" if self.recipients else "554 5.5.1 no valid recipients")
        if not (await self.do("data", usual)).startswith(b"354"):
            return
        lines = [await self.reader.readline()]
        await self.do("body", Do())
        while lines[-1] != b".\r\n":
            lines.append(await self.reader.readline())
            if not lines[-1]:
                raise EOFError
        body = b"".join(lines[:-1])
        act = self.what("dot", say("250 2.0.0 queued as 4bZ1x0"))
        self.messages += 1
        if body and (act.keep or act.say.startswith(b"2")):
            self.record.taken.update(self.recipients)
            self.record.bodies.append(body)
        await self.act(act)
        self.forget()

    async def on_rset(self, text: str) -> None:
        self.forget()
        await self.do("rset", say("250 2.0.0 fine"))

    async def on_quit(self, text: str) -> None:
        await self.do("quit", say("221 2.0.0 bye", Then.CLOSE))

    async def unknown(self, text: str) -> None:
        await self.send(b"500 5.5.2 what?")

    def what(self, moment: str, usual: Do) -> Do:
        """Return what the script does at `moment`."""
        act = self.play.answers.get(f"{moment} {self.name}") or self.play.answers.get(moment) or usual
        return say(act) if isinstance(act, str) else act

    async def do(self, moment: str, usual: Do) -> bytes:
        return await self.act(self.what(moment, usual))

    async def act(self, act: Do) -> bytes:
        """Do it; return what was said."""
        if act.say:
            await self.send(act.say, drip=act.drip)
        if act.then is Then.SILENT:
            await asyncio.Event().wait()
        if act.then is Then.RESET:  # SO_LINGER of zero makes close() send RST instead of FIN
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        if act.then is Then.CLOSE:
            self.writer.close()
            await self.writer.wait_closed()
        if act.then is not Then.GO_ON:
            raise Ended
        return act.say

    async def send(self, text: bytes, drip: float = 0.0) -> None:
        data = text + b"\r\n"
        pieces = {
            "whole": [data],
            "halves": [data[: len(data) // 2], data[len(data) // 2 :]],
            "octets": [data[place : place + 1] for place in range(len(data))],
        }["octets" if drip else self.play.cut]
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(drip)
