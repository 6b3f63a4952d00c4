"""What one run of the embedded service may use: its folder, its ports, and what it need not start."""

import fcntl
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.errors import OperatorError
from newsletter.publication import load_publication
from newsletter.settings import PREFIX, Settings

LOOPBACK = "127.0.0.1"
SPARE_PORTS = range(8028, 8128)


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
    starts_valkey: bool
    starts_postbox: bool
    moved: tuple[str, ...]
    """A line for each port that is not the usual one."""

    @property
    def environment(self) -> dict[str, str]:
        """What children run with: ours, and everything that was settled."""
        settled = {
            "DATA_DIR": str(self.settings.data_dir),
            "BASE_URL": self.base_url,
            "WEB_PORT": str(self.settings.web_port),
            "INBOX_PORT": str(self.settings.inbox_port),
            "SMTP_URL": self.settings.smtp_url.get_secret_value(),
            "BROKER_URL": self.settings.broker,
        }
        return dict(os.environ) | {PREFIX + name: value for name, value in settled.items()}

    @property
    def inbox_url(self) -> str:
        """Where the inbox page is."""
        return f"http://{LOOPBACK}:{self.settings.inbox_port}/"


def settle(settings: Settings) -> Premises:
    """Choose ports: those that were set, or else the usual ones, or the next free where another program has them.

    Raises
    PortTaken: a port that was set is in use.
    Faults: the publication's file is wrong.
    """
    asked = settings.model_fields_set
    starts_postbox = "smtp_url" not in asked
    wanted = {"WEB_PORT": (settings.web_port, settings.web_host, "web_port" in asked)}
    if starts_postbox:
        wanted["SMTP_URL"] = (smtp_port(settings), LOOPBACK, False)
        wanted["INBOX_PORT"] = (settings.inbox_port, LOOPBACK, "inbox_port" in asked)
    chosen: dict[str, int] = {}
    moved = []
    for name, (port, host, is_asked) in wanted.items():
        chosen[name] = port
        if not is_free(host, port):
            if is_asked:
                raise PortTaken(f"{PREFIX}{name}: port {port} is in use by another program; free it or set another")
            chosen[name] = _spare(host, set(chosen.values()))
            moved.append(f"Port {port} is in use by another program; taking {chosen[name]} instead.")
    update: dict[str, object] = {"data_dir": settings.data_dir.absolute(), "web_port": chosen["WEB_PORT"]}
    base_url = load_publication(settings.publication, base_url=settings.base_url).base_url
    if settings.base_url is None and urlsplit(base_url).hostname in (LOOPBACK, "localhost"):
        # The sample's address is this machine's; its port is whatever we took.
        base_url = f"http://{LOOPBACK}:{chosen['WEB_PORT']}"
    if starts_postbox:
        update |= {
            "smtp_url": type(settings.smtp_url)(f"smtp://{LOOPBACK}:{chosen['SMTP_URL']}"),
            "inbox_port": chosen["INBOX_PORT"],
        }
    return Premises(
        settings=settings.model_copy(update=update),
        base_url=base_url,
        starts_valkey="broker_url" not in asked,
        starts_postbox=starts_postbox,
        moved=tuple(moved),
    )


def smtp_port(settings: Settings) -> int:
    """Return the port of the server that `SMTP_URL` names."""
    return urlsplit(settings.smtp_url.get_secret_value()).port or 25


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise PortTaken(f"port {port} needs root; set another") from None
        except OSError:
            return False
    return True


def _spare(host: str, taken: set[int]) -> int:
    for port in SPARE_PORTS:
        if port not in taken and is_free(host, port):
            return port
    raise PortTaken(f"no free port from {SPARE_PORTS.start} to {SPARE_PORTS.stop - 1}; set {PREFIX}WEB_PORT")


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
