"""A real Postfix, set up as docs/operating.md says, with everything of it in a folder of the test; it wants root.

It listens on loopback, hands mail for the sample's domains to us, and all other mail to a postbox.
"""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from newsletter.embedded.processes import Process
from tests.servers.places import short_directory
from tests.servers.watching import until

NO_POSTFIX = "no Postfix that can be started: wants the distribution's package, and root"

OWN = """
compatibility_level = 3.6
myhostname = mx.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
disable_dns_lookups = yes
default_transport = smtp:[127.0.0.1]:{elsewhere}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
smtpd_client_connection_rate_limit = 0
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def find_postfix() -> str | None:
    """Return the path of the program, or None where it cannot be started."""
    path = os.environ.get("PATH", "")
    return shutil.which("postfix", path=f"{path}:/usr/sbin:/sbin") if os.geteuid() == 0 else None


class Postfix:
    """One instance; `port` takes mail by SMTP."""

    def __init__(self, *, ours: int, elsewhere: int) -> None:
        """`ours`: the port of `newsletter inbound`; `elsewhere`: of the server that gets all other mail."""
        from tests.documents import OPERATING, blocks  # a second that nobody else should wait for

        program = find_postfix()
        assert program is not None, NO_POSTFIX
        self._folder = short_directory("postfix")
        self._folder.chmod(0o755)  # Postfix's own user has to reach its queue
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        for name in ("queue", "data"):
            (self._folder / name).mkdir()
        shutil.chown(self._folder / "data", "postfix")
        (regexps,) = [block for block in blocks(OPERATING, "text") if "lmtp:inet" in block]
        (lines,) = [block for block in blocks(OPERATING, "text") if "transport_maps" in block]
        (self._folder / "newsletter.regexp").write_text(regexps.replace(":8024", f":{ours}"))
        own = OWN.format(folder=self._folder, elsewhere=elsewhere)
        (self._folder / "main.cf").write_text(own + lines.replace("/etc/postfix", str(self._folder)))
        (self._folder / "master.cf").write_text(MASTER.format(port=self.port))
        self._start(program)

    @property
    def log(self) -> str:
        """What it has said."""
        log = self._folder / "mail.log"
        return log.read_text() if log.exists() else ""

    @property
    def waiting(self) -> int:
        """How many mails wait for another try."""
        return sum(1 for path in (self._folder / "queue" / "deferred").rglob("*") if path.is_file())

    def remove(self) -> None:
        """Stop it for good."""
        self._process.stop()
        shutil.rmtree(self._folder)

    def _start(self, program: str) -> None:
        subprocess.run([program, "-c", self._folder, "check"], check=True, capture_output=True)
        self._process = Process(
            "postfix", [program, "-c", str(self._folder), "start-fg"], log=Path(self._folder / "started.log")
        )

        def answers() -> bool:
            assert self._process.exit_code is None, self._process.obituary() + self.log
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as client:
                    return client.recv(3) == b"220"
            except ConnectionRefusedError:
                return False

        until(answers, 30)
