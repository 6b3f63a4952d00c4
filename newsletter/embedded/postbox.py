"""The catch-all mail server: takes every message from this machine, keeps it in a folder, sends nothing on."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.embedded.inbox import inbox_app
from newsletter.embedded.maildir import Maildir
from newsletter.embedded.premises import LOOPBACK, smtp_port
from newsletter.settings import Settings

SIZE_LIMIT = 50_000_000


class CatchAll:
    """What aiosmtpd asks at each step of a session."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING: commands are read one by one from a buffered stream, so they may come together."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", *responses[1:]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the message."""
        content = envelope.original_content or b""
        sender = (envelope.mail_from or "").removeprefix("<>")  # so aiosmtpd writes the null return path
        self._maildir.add(content, mail_from=sender, recipients=envelope.rcpt_tos)
        return "250 2.0.0 kept"


def inbox_folder(settings: Settings) -> Path:
    """Return where the mails lie."""
    return settings.data_dir / "inbox"


async def _serve(settings: Settings, smtp_socket: socket.socket, inbox_socket: socket.socket) -> None:
    folder = Maildir(inbox_folder(settings))
    loop = asyncio.get_running_loop()
    handler = CatchAll(folder)

    def session() -> Any:
        # The name given: looking up one's own can take seconds.
        return SMTP(handler, data_size_limit=SIZE_LIMIT, hostname="localhost", ident="newsletter", loop=loop)

    app = inbox_app(folder, settings.templates / "web" / "inbox")
    pages = uvicorn.Config(app, access_log=False, server_header=False, log_level="warning")
    async with await loop.create_server(session, sock=smtp_socket, backlog=512):
        await uvicorn.Server(pages).serve(sockets=[inbox_socket])


def serve(settings: Settings, inherited: Sequence[str] = ()) -> None:
    """Run the server and the inbox page until SIGTERM, on two inherited sockets or on the ports of the settings."""
    # aiosmtpd tells of every address at INFO.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    if inherited:
        smtp, inbox = (socket.socket(fileno=int(number)) for number in inherited)
    else:
        smtp, inbox = (socket.create_server((LOOPBACK, port)) for port in (smtp_port(settings), settings.inbox_port))
    asyncio.run(_serve(settings, smtp, inbox))
