"""A real Dovecot with one mailbox: it takes mail for any address by LMTP, and shows it by IMAP; it wants root."""

import os
import shutil
import smtplib
import socket
from pathlib import Path
from urllib.parse import quote

from newsletter.embedded.processes import Process
from tests.servers.places import short_directory
from tests.servers.watching import until

NO_DOVECOT = (
    "no Dovecot that can be started: wants the distribution's packages dovecot-imapd and dovecot-lmtpd, and root"
)
USER = "news@example.org"
PASSWORD = "p@ss-w/rd"
HANDLED = "newsletter.handled"
"""The folder where mail that was read is put."""

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_username_chars =
mail_location = maildir:{folder}/mail
mail_uid = dovecot
mail_gid = dovecot
first_valid_uid = 1
recipient_delimiter =
lda_mailbox_autocreate = yes
postmaster_address = postmaster@example.org
hostname = imap.example.org
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={folder} allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol imap {{
  imap_capability = {capabilities}
}}
"""


def find_dovecot() -> str | None:
    """Return the path of the program, or None where it cannot be started."""
    has_parts = all(Path("/usr/lib/dovecot", part).exists() for part in ("imap", "lmtp"))
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return shutil.which("dovecot", path=path) if has_parts and os.geteuid() == 0 else None


class Dovecot:
    """One instance.  `capabilities`: what it says that it can, if not all."""

    def __init__(self, *, separator: str = "/", prefix: str = "", capabilities: str = "") -> None:
        program = find_dovecot()
        assert program is not None, NO_DOVECOT
        self._folder = short_directory("dovecot")
        shutil.chown(self._folder, "dovecot")
        self._folder.chmod(0o755)
        self._configuration = self._folder / "dovecot.conf"
        self._mail = self._folder / "mail"
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            self.imap, self.lmtp = one.getsockname()[1], other.getsockname()[1]
        self._configuration.write_text(
            CONFIGURATION.format(
                folder=self._folder,
                password=PASSWORD,
                separator=separator,
                prefix=prefix,
                imap=self.imap,
                lmtp=self.lmtp,
                capabilities=capabilities,
            )
        )
        self._program = program
        self.start()

    @property
    def url(self) -> str:
        """The mailbox, as `NEWSLETTER_IMAP_URL` wants it."""
        return f"imap://{quote(USER)}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.imap}/INBOX"

    @property
    def log(self) -> str:
        """What it has said."""
        log = self._folder / "dovecot.log"
        return log.read_text() if log.exists() else ""

    def lie(self, folder: str = "") -> list[bytes]:
        """Return the mails that lie in the inbox, or in a folder of it."""
        place = self._mail / f".{folder}" if folder else self._mail
        return [path.read_bytes() for part in ("new", "cur") for path in sorted((place / part).glob("*"))]

    @property
    def keywords(self) -> str:
        """What mails of the inbox were ever marked with."""
        file = self._mail / "dovecot-keywords"
        return file.read_text() if file.exists() else ""

    def connect(self) -> smtplib.LMTP:
        """Connect to where it takes mail."""
        return smtplib.LMTP("127.0.0.1", self.lmtp)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [self._program, "-F", "-c", str(self._configuration)]
        self._process = Process("dovecot", command, log=self._folder / "started.log")

        def answers() -> bool:
            assert self._process.exit_code is None, self._process.obituary() + self.log
            try:
                for port in (self.imap, self.lmtp):
                    with socket.create_connection(("127.0.0.1", port), 5) as client:
                        assert client.recv(3) in (b"* O", b"220")
            except ConnectionRefusedError:
                return False
            return True

        until(answers, 30)

    def stop(self) -> None:
        """Stop it; its mails stay."""
        self._process.stop()

    def remove(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self._folder)
