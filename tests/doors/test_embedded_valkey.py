"""The broker of an installation: one Valkey, run by whoever holds its lock."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from newsletter.embedded import valkey
from newsletter.embedded.processes import ProcessDied
from tests.servers.places import short_directory
from tests.servers.watching import family, is_alive, until


@pytest.fixture
def socket() -> Iterator[Path]:
    folder = short_directory("a place")
    yield folder / "valkey" / "valkey.sock"
    shutil.rmtree(folder)


@pytest.fixture
def brokers(socket: Path) -> Iterator[tuple[valkey.Broker, valkey.Broker]]:
    pair = (valkey.Broker(socket, log=socket.with_name("1.log")), valkey.Broker(socket, log=socket.with_name("2.log")))
    yield pair
    for broker in pair:
        broker.stop()


def test_what_was_written_is_there_after_a_stop(socket: Path) -> None:
    for expected in (None, b"rung"):
        broker = valkey.Broker(socket, log=socket.with_name("log"))
        broker.wait()
        with redis.Redis(unix_socket_path=str(socket)) as connection:
            assert connection.get("bell") == expected
            connection.set("bell", "rung")
        broker.stop()
        assert not valkey.answers(socket)


def test_it_listens_on_its_socket_alone_and_only_its_owner_may_enter(
    socket: Path, brokers: tuple[valkey.Broker, valkey.Broker]
) -> None:
    brokers[0].wait()
    with redis.Redis(unix_socket_path=str(socket)) as connection:
        assert connection.config_get("port")["port"] == "0"
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    assert socket.stat().st_mode & 0o777 == 0o700


def test_the_second_uses_the_firsts_server_and_takes_over_when_it_stops(
    socket: Path, brokers: tuple[valkey.Broker, valkey.Broker]
) -> None:
    first, second = brokers
    first.wait()
    second.wait()
    with redis.Redis(unix_socket_path=str(socket)) as connection:
        before = connection.info()["process_id"]
        first.stop()
        second.wait()
        assert connection.info()["process_id"] != before


def test_a_server_that_dies_is_reported_and_started_again(
    socket: Path, brokers: tuple[valkey.Broker, valkey.Broker]
) -> None:
    broker, _ = brokers
    broker.wait()
    (server,) = [pid for pid in family(os.getpid()) if Path(f"/proc/{pid}/exe").resolve().name == "valkey-server"
                 and Path(f"/proc/{pid}/cwd").resolve() == socket.parent]  # fmt: skip
    os.kill(server, signal.SIGKILL)
    until(lambda: not is_alive(server))
    until(lambda: not valkey.answers(socket))
    with pytest.raises(ProcessDied, match="valkey ended with exit code 137"):
        until(broker.tend)
    broker.wait()
    assert valkey.answers(socket)


def test_a_path_too_long_for_a_socket_says_which_setting_to_change(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 100) / "valkey.sock"
    with pytest.raises(valkey.SocketPathTooLong, match="NEWSLETTER_DATA_DIR"):
        valkey.Broker(path, log=tmp_path / "log").wait()
    assert not path.parent.exists()


def test_a_command_runs_with_the_broker_and_both_are_gone_if_it_is_killed(socket: Path) -> None:
    data_dir = socket.parent.parent
    command = [sys.executable, "-m", "newsletter.embedded", "with-broker", "--", "sh", "-c", "echo $NEWSLETTER_BROKER_URL; exec sleep 600"]  # fmt: skip  # noqa: E501
    environment = os.environ | {"NEWSLETTER_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("redis+socket:///tmp/")
        assert valkey.answers(socket)
        everyone = family(process.pid)
        process.kill()
    until(lambda: not any(map(is_alive, everyone)))


def test_a_command_with_the_broker_ends_with_its_own_exit_code(socket: Path) -> None:
    command = [sys.executable, "-m", "newsletter.embedded", "with-broker", "--", "sh", "-c", "exit 7"]
    environment = os.environ | {"NEWSLETTER_DATA_DIR": str(socket.parent.parent)}
    assert subprocess.run(command, env=environment, check=False).returncode == 7
    assert not valkey.answers(socket)
