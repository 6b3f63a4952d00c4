"""A Valkey of a test's own, to be killed, emptied and frozen."""

import os
import shutil
import signal

import redis

from newsletter.embedded import valkey
from tests.servers.places import short_directory


class Broker:
    """A real Valkey on a socket; it writes down every command, as the embedded one does."""

    def __init__(self) -> None:
        self._directory = short_directory("valkey")
        self.path = self._directory / "valkey.sock"
        self.start()

    @property
    def url(self) -> str:
        """What `NEWSLETTER_BROKER_URL` is set to."""
        return f"redis+socket://{self.path}"

    def connect(self) -> "redis.Redis":
        """Open a connection to it."""
        return redis.Redis(unix_socket_path=str(self.path))

    def start(self) -> None:
        """Start it with what it had written down."""
        self._process = valkey.start(self.path, log=self._directory / "valkey.log")
        valkey.wait_until_ready(self._process, self.path)
        with self.connect() as connection:
            self._pid = int(connection.info("server")["process_id"])

    def kill(self) -> None:
        """End it as a power cut does."""
        os.kill(self._pid, signal.SIGKILL)
        self._process.wait(10)

    def contents(self) -> list[bytes]:
        """Return every key, and every value of every key."""
        with self.connect() as connection:
            read = {
                b"string": lambda key: [connection.get(key)],
                b"list": lambda key: connection.lrange(key, 0, -1),
                b"set": connection.smembers,
                b"zset": lambda key: connection.zrange(key, 0, -1),
                b"hash": lambda key: [part for pair in connection.hgetall(key).items() for part in pair],
            }
            found: list[bytes] = []
            for key in connection.scan_iter():
                kind = connection.type(key)
                found += [key, *(read[kind](key) if kind in read else ())]
            return found

    def flush(self) -> None:
        """Take everything from it."""
        with self.connect() as connection:
            connection.flushall()

    def freeze(self) -> None:
        """Stop it where it stands: it takes connections and answers nothing."""
        os.kill(self._pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        os.kill(self._pid, signal.SIGCONT)

    def remove(self) -> None:
        """Stop it for good."""
        if self._process.exit_code is None:
            self.wake()
            self._process.stop()
        shutil.rmtree(self._directory)
