"""What one run of the embedded service may use: its folder, its ports, and what it need not start."""

import fcntl
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from newsletter.errors import OperatorError
from newsletter.inbound.doors.listening import Listening
from newsletter.publication import host_of, is_this_machine, load_publication
from newsletter.settings import PREFIX, Settings
from newsletter.transport import is_loopback, parse_servers

LOOPBACK = "127.0.0.1"
SPARE_PORTS = range(8028, 8128)
"""Where to look when another program has a usual port."""


class AlreadyRunning(OperatorError):
    """Another run holds this `DATA_DIR`."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(f"The newsletter of {folder} is running already{f': {url}' if url else ''}")


class PortTaken(OperatorError):
    """A port that was asked for, or every spare one, is in use by another program."""


@dataclass(frozen=True)
class Premises:
    """Settled once, before anything starts."""

    settings: Settings
    base_url: str
    discreet_base_url: str | None
    starts_valkey: bool
    starts_postbox: bool
    moved: tuple[str, ...]
    """A line for each port that is not the usual one."""

    listening: Mapping[str, socket.socket]
    """The sockets of `web`, `smtp`, `inbox` and `inbound`: held here and handed to children, lest a port be lost."""

    @property
    def environment(self) -> dict[str, str]:
        """What children run with: ours, and everything that was settled."""
        settled = {
            "DATA_DIR": str(self.settings.data_dir),
            "BASE_URL": self.base_url,
            "WEB_PORT": str(self.settings.web_port),
            "INBOX_PORT": str(self.settings.inbox_port),
            "SMTP_URL": self.settings.smtp_url.get_secret_value(),
            "INBOUND_URL": self.settings.inbound_url,
            "BROKER_URL": self.settings.broker,
        }
        if self.discreet_base_url is not None:
            settled["DISCREET_BASE_URL"] = self.discreet_base_url
        return dict(os.environ) | {PREFIX + name: value for name, value in settled.items()}

    def close(self) -> None:
        """Give the ports back."""
        for server in self.listening.values():
            server.close()

    @property
    def mail_stays_here(self) -> bool:
        """Whether the SMTP server is on this machine: made-up readers are not written to over a real relay."""
        return all(is_loopback(server.host) for server in parse_servers(self.settings.smtp_url.get_secret_value()))

    @property
    def inbox_url(self) -> str:
        """Where the inbox page is."""
        return f"http://{LOOPBACK}:{self.settings.inbox_port}/"


def settle(settings: Settings) -> Premises:
    """Take ports: those that were set, or else the usual ones, or the next free where another program has them.

    Raises
    PortTaken: a port that was set is in use.
    Faults: the publication's file is wrong.
    """
    publication = load_publication(
        settings.publication, base_url=settings.base_url, discreet_base_url=settings.discreet_base_url
    )
    base_url, discreet_base_url = publication.base_url, publication.discreet.base_url
    asked = settings.model_fields_set
    starts_postbox = "smtp_url" not in asked
    wanted = {"web": (settings.web_host, settings.web_port, "web_port" in asked)}
    if starts_postbox:
        wanted["smtp"] = (LOOPBACK, smtp_port(settings), False)
        wanted["inbox"] = (LOOPBACK, settings.inbox_port, "inbox_port" in asked)
    mail_in = Listening.at(settings.inbound_url)
    if not mail_in.path:
        wanted["inbound"] = (mail_in.host, mail_in.port, "inbound_url" in asked)
    listening: dict[str, socket.socket] = {}
    moved = []
    try:
        for name, (host, port, is_asked) in wanted.items():
            server = _listen(host, port)
            if server is None and is_asked:
                setting = "INBOUND_URL" if name == "inbound" else f"{name.upper()}_PORT"
                raise PortTaken(f"{PREFIX}{setting}: port {port} is in use or not allowed; set another")
            listening[name] = server or _listen_on_spare(host)
            if server is None:
                moved.append(f"Port {port} is in use by another program; taking {_port(listening[name])} instead.")
    except PortTaken:
        for server in listening.values():
            server.close()
        raise
    update: dict[str, object] = {"data_dir": settings.data_dir.absolute(), "web_port": _port(listening["web"])}
    # The sample's addresses are this machine's; their port is whatever we took.
    if settings.base_url is None and urlsplit(base_url).hostname in (LOOPBACK, "localhost"):
        base_url = f"http://{LOOPBACK}:{_port(listening['web'])}"
    if settings.discreet_base_url is None and discreet_base_url and is_this_machine(host_of(discreet_base_url)):
        discreet_base_url = f"http://{host_of(discreet_base_url)}:{_port(listening['web'])}"
    if starts_postbox:
        update["smtp_url"] = SecretStr(f"smtp://{LOOPBACK}:{_port(listening['smtp'])}")
        update["inbox_port"] = _port(listening["inbox"])
    if "inbound" in listening and "inbound_url" not in asked:
        update["inbound_url"] = f"{mail_in.protocol}://{mail_in.host}:{_port(listening['inbound'])}"
    return Premises(
        settings=settings.model_copy(update=update),
        base_url=base_url,
        discreet_base_url=discreet_base_url,
        starts_valkey="broker_url" not in asked,
        starts_postbox=starts_postbox,
        moved=tuple(moved),
        listening=listening,
    )


def smtp_port(settings: Settings) -> int:
    """Return the port of the server that `SMTP_URL` names."""
    return parse_servers(settings.smtp_url.get_secret_value())[0].port


def _listen(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError:
        return None


def _listen_on_spare(host: str) -> socket.socket:
    for port in SPARE_PORTS:
        if (server := _listen(host, port)) is not None:
            return server
    raise PortTaken(f"no free port from {SPARE_PORTS.start} to {SPARE_PORTS.stop - 1}; set {PREFIX}WEB_PORT")


def _port(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port


def lock(folder: Path) -> int:
    """Take the folder for this run, as long as this process lives; return the lock, to write our URL into.

    Raises
    AlreadyRunning: another run has it; the text says at which URL.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        url = os.read(file, 1000).decode(errors="replace")
        os.close(file)
        raise AlreadyRunning(folder, url) from None
    os.truncate(file, 0)
    return file
