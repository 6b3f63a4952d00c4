"""Windows of time: what is full lets nobody in, what is over is forgotten, nobody is named, and no page waits."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from time import monotonic

import pytest
import redis
from redis.exceptions import ConnectionError as NoConnection

from newsletter.windows import ASKED, HOUR, Limit, Windows
from tests.rooms.windows import NOW, Ticks, opened, ring
from tests.servers.broker import Broker

NETWORK = "203.0.113.0/24"
AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from newsletter.windows import Limit
from tests.rooms.windows import opened

windows = opened(sys.argv[1])
with ThreadPoolExecutor(4) as threads:
    print(sum(threads.map(lambda _: windows.count(Limit("askings", 100, 3600)), range(120))))
"""


@pytest.fixture
def windows(broker_url: str) -> Iterator[Windows]:
    with closing(opened(broker_url)) as made:
        yield made


@pytest.fixture
def valkey(broker_url: str) -> Iterator["redis.Redis"]:
    """The server that `windows` counts in."""
    with redis.Redis.from_url(broker_url.replace("redis+socket", "unix")) as connection:
        yield connection


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A server that may come to harm."""
    made = Broker()
    yield made
    made.remove()


def test_a_full_window_lets_nobody_in(windows: Windows) -> None:
    limit = Limit("askings", 3, HOUR, whose=NETWORK)
    assert [windows.count(limit) for _ in range(5)] == [True, True, True, False, False]
    assert windows.count(Limit("askings", 3, HOUR, whose="198.51.100.0/24"))
    assert windows.count(Limit("askings", 3, HOUR))
    assert windows.count(Limit("askings", 4, HOUR, whose=NETWORK)), "a limit that is raised holds at once"
    assert not windows.count(Limit("askings", 0, HOUR))


def test_what_one_window_refuses_is_counted_in_none(windows: Windows) -> None:
    mine, everybody = Limit("askings", 2, HOUR, whose=NETWORK), Limit("askings", 5, HOUR)
    assert sum(windows.count(mine, everybody) for _ in range(100)) == 2
    others = [Limit("askings", 2, HOUR, whose=f"198.51.{number}.0/24") for number in range(5)]
    assert [windows.count(other, everybody) for other in others] == [True, True, True, False, False]
    assert windows.count(others[4]), "the window in all was full, not this one"


def test_a_window_closes_so_many_seconds_after_it_opened(windows: Windows, valkey: "redis.Redis") -> None:
    limit = Limit("askings", 2, 90)
    assert windows.count(limit)
    (key,) = valkey.keys()
    assert 0 < valkey.ttl(key) <= 90
    valkey.expire(key, 40)
    assert [windows.count(limit), windows.count(limit)] == [True, False]
    assert 0 < valkey.ttl(key) <= 40, "a count must not keep it open"
    valkey.expire(key, -1)
    assert windows.count(limit)


def test_every_key_expires_and_none_names_a_network(windows: Windows, valkey: "redis.Redis") -> None:
    for whose in (NETWORK, "2001:db8:0:100::/56", ""):
        windows.count(Limit("askings", 5, HOUR, whose=whose))
    windows.tell(ASKED, now=NOW)
    windows.set_attack(now=NOW)
    keys = valkey.keys()
    assert len(keys) == 5
    assert all(0 < valkey.ttl(key) <= HOUR + 120 for key in keys)
    kept = str([keys, valkey.mget(keys)])
    assert not any(part in kept for part in ("203.0", "2001", "db8", "/24", "/56"))
    with closing(opened(valkey_url(valkey), keys=ring(2))) as others:
        others.count(Limit("askings", 5, HOUR, whose=NETWORK))
    assert len(valkey.keys()) == 6, "the names are made with our key"


def valkey_url(valkey: "redis.Redis") -> str:
    return f"redis+socket://{valkey.connection_pool.connection_kwargs['path']}"


def test_of_those_who_come_at_once_no_more_get_in_than_there_is_room_for(broker_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", AT_ONCE, broker_url], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    got_in = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(got_in) == 100


def test_a_server_that_is_killed_and_comes_back(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = Ticks()
    limit = Limit("askings", 1, HOUR)
    with closing(opened(broker.url, clock=clock)) as windows:
        assert [windows.count(limit), windows.count(limit)] == [True, False]
        broker.kill()
        assert [windows.count(limit) for _ in range(3)] == [True] * 3
        assert (windows.how_many(ASKED, now=NOW), windows.attack_since(), windows.set_attack(now=NOW)) == (
            0,
            None,
            False,
        )
        windows.tell(ASKED, now=NOW)
        clock.forward(6)
        assert windows.count(limit)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "valkey.sock" not in caplog.text
        broker.start()
        assert windows.count(limit), "it is left alone for some seconds"
        clock.forward(6)
        assert not windows.count(limit)
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
        broker.kill()
        assert windows.count(limit)
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_a_server_that_answers_nothing_holds_up_one_request_for_a_moment(broker: Broker) -> None:
    clock = Ticks()
    with closing(opened(broker.url, clock=clock)) as windows:
        assert windows.count(Limit("askings", 1, HOUR))
        broker.freeze()
        started = monotonic()
        assert windows.count(Limit("askings", 1, HOUR))
        assert 0.2 < monotonic() - started < 2
        started = monotonic()
        assert all(windows.count(Limit("askings", 1, HOUR)) for _ in range(1000))
        assert monotonic() - started < 0.2
        broker.wake()
        clock.forward(6)
        assert not windows.count(Limit("askings", 1, HOUR))


def test_a_server_without_room_stops_nobody(broker: Broker) -> None:
    with closing(opened(broker.url)) as windows, broker.connect() as connection:
        connection.config_set("maxmemory", 1)
        assert [windows.count(Limit("askings", 1, HOUR)) for _ in range(3)] == [True] * 3


def test_while_one_tries_again_the_others_do_not_wait(broker_url: str) -> None:
    clock = Ticks()
    with closing(opened(broker_url, clock=clock)) as windows:

        def away() -> str:
            raise NoConnection

        assert windows._ask(away, otherwise="allowed") == "allowed"
        clock.forward(6)
        assert (
            windows._ask(lambda: windows._ask(lambda: "asked too", otherwise="passed by"), otherwise="") == "passed by"
        )
        assert windows._ask(lambda: "asked", otherwise="") == "asked"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("redis://:s3cret@there:6380/2", {"host": "there", "port": 6380, "db": 2, "password": "s3cret"}),
        ("rediss://there?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=/ca.pem", {"ssl_cert_reqs": "required"}),
        ("rediss://there/1?ssl_cert_reqs=none", {"ssl_cert_reqs": "none", "db": 1}),
        ("redis+socket:///a%20place/valkey.sock?virtual_host=/3", {"path": "/a place/valkey.sock", "db": 3}),
        ("redis+socket:///valkey.sock?visibility_timeout=1", {"path": "/valkey.sock"}),
    ],
)
def test_the_brokers_url_is_read_as_celery_reads_it(url: str, options: dict[str, object]) -> None:
    pool = opened(url)._client.connection_pool
    pool.make_connection()  # raises for an option that there is not
    assert {name: pool.connection_kwargs[name] for name in options} == options
    assert "visibility_timeout" not in pool.connection_kwargs


@pytest.mark.parametrize("number", ["", "?virtual_host=3"])
def test_the_numbered_database_of_a_socket_is_used(broker_url: str, number: str) -> None:
    with closing(opened(broker_url + number)) as windows:
        windows.count(Limit("askings", 1, HOUR))
    with redis.Redis.from_url(broker_url.replace("redis+socket", "unix"), db=3 if number else 0) as connection:
        assert connection.keys() == [b"newsletter:window:askings"]


def test_nothing_is_opened_before_the_first_use(broker: Broker) -> None:
    def clients() -> int:
        with broker.connect() as connection:
            return len(connection.client_list())

    before = clients()
    with closing(opened(broker.url)) as windows:
        assert clients() == before
        windows.count(Limit("askings", 1, HOUR))
        assert clients() == before + 1
