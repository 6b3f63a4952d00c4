"""Somebody with a mailbox and no browser: writes mails, as a mail program does, and reads what comes back."""

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid

from tests.servers.mails import Received
from tests.servers.running import Running


class Writer:
    """One person.  `server` hands over what they write; it is a mail server of theirs, or ours."""

    def __init__(self, server: smtplib.SMTP, mailbox: Running, address: str) -> None:
        self._server = server
        self._mailbox = mailbox
        self.address = address
        self.mails = 0
        self.last = ""
        """The Message-ID of what they wrote last."""

    def write(self, to: str, text: str = "", *, answers: Received | None = None) -> None:
        """Write a mail; `answers`: as the reply to that one."""
        mail = EmailMessage()
        self.last = make_msgid(domain="mailbox.example")
        mail["From"], mail["To"], mail["Message-ID"] = self.address, to, self.last
        if answers is not None:
            mail["In-Reply-To"] = mail["References"] = answers.message["Message-ID"]
            text += "".join(f"\n> {line}" for line in answers.text.splitlines())
        mail.set_content(text, cte="8bit")
        self._server.ehlo_or_helo_if_needed()
        assert self._server.sendmail(self.address, [to], mail.as_bytes()) == {}

    def next_mail(self) -> Received:
        """Wait for the next mail."""
        (mail,) = self.next_mails(1)
        return mail

    def next_mails(self, number: int) -> list[Received]:
        """Wait for so many mails, in whatever order they come."""
        before, self.mails = self.mails, self.mails + number
        self._mailbox.mail(self.address, self.mails)
        return [mail for to, mail in self._mailbox.mails() if to == self.address][before:]
