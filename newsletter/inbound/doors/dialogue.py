"""One connection of a mail server that hands mail to us: what aiosmtpd leaves to its users, and what we do otherwise.

RFC 5321 (SMTP), RFC 2033 (LMTP), RFC 3463 (enhanced codes), RFC 1870 (SIZE).  Our own are: the content is taken as it
comes (lines of any length, bare line ends, NULs: only CRLF . CRLF ends it), LMTP has an answer for each recipient,
what is too large is not kept in memory, and whoever is told to go may finish first.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from newsletter.inbound.doors.porter import GOING, LATER, TAKEN, TOO_LARGE, Letter, Porter
from newsletter.inbound.mail import Mail
from newsletter.inbound.places import Place

IDLE_SECONDS = 120
"""For each command, and for a whole message."""

LONGEST_COMMAND = 2048
"""RFC 5321 asks for 512; senders' own return paths may be longer than it allows."""

READ_OCTETS = 64 * 1024
NOBODY = "<>"
"""How aiosmtpd wants the null return path written."""

END = b".\r\n"
PATH = re.compile(r"""<((?:"(?:\\.|[^"\\])*"|[^">])*)>(.*)|([^\s<>]+)(.*)""", re.DOTALL)


class Dialogue(SMTP):
    """One connection.  `ended` is called once with it when it is over."""

    line_length_limit = READ_OCTETS  # of a line of the content there is no limit; this is how much is read at once
    command_size_limit = LONGEST_COMMAND
    command_size_limits: dict[str, int] = defaultdict(lambda: LONGEST_COMMAND)  # noqa: RUF012  # as aiosmtpd has it

    def __init__(self, porter: Porter, ended: Callable[["Dialogue"], None]) -> None:
        """Wait for the connection; aiosmtpd makes one of these for each."""
        super().__init__(
            porter,
            data_size_limit=None,  # SIZE is ours to say, and to refuse in words of ours
            enable_SMTPUTF8=True,
            hostname="localhost",  # looking up one's own name can take seconds
            ident="newsletter",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._porter = porter
        self._ended = ended
        self._is_told_to_go = False

    def leave(self) -> None:
        """Close the connection: at once, or after the answer to the message that is on its way."""
        self._is_told_to_go = True
        if not self._letter.mail_from:
            self._go()

    def cut(self) -> None:
        """Close the connection, whatever it is at."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Be over."""
        super().connection_lost(error)
        self._ended(self)

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take the content, and answer once for each recipient."""
        letter = self._letter
        if not letter.places:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content(max(place.most_octets for place in letter.places))
        self._reset_timeout()
        for recipient, place in zip(letter.rcpt_tos, letter.places, strict=True):
            await self.push(await self._answer(recipient, place, content))
        self.envelope = self._create_envelope()
        if self._is_told_to_go:
            self._go()

    async def smtp_RSET(self, arg: str | None) -> None:
        """Forget the message that has begun."""
        await super().smtp_RSET(arg)
        if self._is_told_to_go:
            self._go()

    async def smtp_VRFY(self, _arg: str | None) -> None:
        """Say nothing about addresses."""
        await self.push("252 2.1.5 Send it, and see")

    async def _answer(self, recipient: str, place: Place, content: bytes | None) -> str:
        if content is None or len(content) > place.most_octets:
            return TOO_LARGE
        sender = (self._letter.mail_from or "").removeprefix(NOBODY)
        mail = Mail(self._porter.source, recipient, sender, content)
        return TAKEN if await self._porter.take(mail, place) else LATER

    async def _content(self, most: int) -> bytes | None:
        """Read up to the lone dot; return what came, or None if it was more than `most` octets."""
        most_on_the_wire = most * 4 // 3 + len(END)  # of a line that is a lone dot, three octets become four
        read = bytearray()
        is_too_much = False
        while True:
            try:
                read += await self._reader.readuntil(END)
            except asyncio.LimitOverrunError as more:
                read += await self._reader.read(more.consumed)
            if read.endswith(b"\r\n" + END) or read == END:
                break
            if is_too_much or len(read) > most_on_the_wire:
                is_too_much = True
                del read[:-4]  # what is left is enough to know the end by
        if is_too_much:
            return None
        # A dot at the start of a line was doubled on its way (RFC 5321 section 4.5.2).
        return (b"\r\n" + read[: -len(END)]).replace(b"\r\n.", b"\r\n")[2:]

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):  # the other side may go whenever it likes
            await super()._handle_client()

    @property
    def _letter(self) -> Letter:
        return self.envelope if isinstance(self.envelope, Letter) else Letter()  # there is none before the greeting

    def _create_envelope(self) -> Letter:
        return Letter()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        # aiosmtpd would refuse odd senders; a mail server in between has taken them, and we only write them down.
        found = PATH.fullmatch(arg.strip())
        if found is None:
            return None, None
        path, rest = (found[1] or NOBODY, found[2]) if found[3] is None else (found[3], found[4])
        return path, rest.strip()

    def _go(self) -> None:
        if self.transport is not None:
            self._writer.write(GOING.encode() + b"\r\n")
            self.transport.close()


class LmtpDialogue(Dialogue, LMTP):
    """One connection by LMTP, which begins with LHLO."""
