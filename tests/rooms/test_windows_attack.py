"""Attack mode: on while askings stay unconfirmed, told once, and not for readers who are slow to open their mail."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from newsletter.settings import Settings
from newsletter.windows import ASKED, CONFIRMED, HOUR, Windows, asking_limits, judge
from tests.rooms.windows import NOW, opened

NETWORK = "203.0.113.0/24"
Happened = Callable[..., None]


@pytest.fixture
def windows(broker_url: str) -> Iterator[Windows]:
    with closing(opened(broker_url)) as made:
        yield made


@pytest.fixture
def happened(windows: Windows) -> Happened:
    """So many askings and confirmations, some minutes ago."""

    def tell(*, asked: int = 0, confirmed: int = 0, ago: float = 30) -> None:
        then = NOW - timedelta(minutes=ago)
        for what, number in ((ASKED, asked), (CONFIRMED, confirmed)):
            for _ in range(number):
                windows.tell(what, now=then)

    return tell


def settings(**given: Any) -> Settings:
    return Settings.model_validate({"attack_askings": 10, "attack_share": 0.5, **given})


@pytest.mark.parametrize(
    ("asked", "confirmed", "is_on"),
    [(9, 0, False), (10, 0, True), (10, 4, True), (10, 5, False), (40, 19, True), (40, 20, False), (0, 0, False)],
)
def test_it_is_on_where_confirmations_fall_behind(
    windows: Windows, happened: Happened, asked: int, confirmed: int, is_on: bool
) -> None:
    happened(asked=asked, confirmed=confirmed)
    assert judge(windows, settings(), now=NOW) is is_on
    assert windows.attack_since() == (NOW if is_on else None)


def test_a_share_of_nought_switches_it_off_for_good(windows: Windows, happened: Happened) -> None:
    happened(asked=50)
    assert not judge(windows, settings(attack_share=0), now=NOW)


@pytest.mark.parametrize(("ago", "is_on"), [(61, False), (59, True), (6, True), (4, False), (0, False)])
def test_askings_count_for_an_hour_and_not_before_their_note_can_be_read(
    windows: Windows, happened: Happened, ago: float, is_on: bool
) -> None:
    happened(asked=10, ago=ago)
    assert judge(windows, settings(), now=NOW) is is_on


def test_a_confirmation_counts_at_once(windows: Windows, happened: Happened) -> None:
    happened(asked=10)
    happened(confirmed=5, ago=0)
    assert not judge(windows, settings(), now=NOW)


def test_it_is_told_once_for_each_switching_on(windows: Windows, happened: Happened, broker_url: str) -> None:
    happened(asked=10)
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: judge(windows, settings(), now=NOW), range(40))) == 1
    with redis.Redis.from_url(broker_url.replace("redis+socket", "unix")) as valkey:
        valkey.expire("newsletter:attack", 5)
        assert not judge(windows, settings(), now=NOW + timedelta(minutes=5))
        assert HOUR - 60 < valkey.ttl("newsletter:attack") <= HOUR, "while it lasts, it stays on"
        assert windows.attack_since() == NOW
        valkey.expire("newsletter:attack", -1)
    assert windows.attack_since() is None
    later = NOW + timedelta(minutes=10)
    assert judge(windows, settings(), now=later)
    assert windows.attack_since() == later


def test_what_is_told_in_different_minutes_adds_up(windows: Windows) -> None:
    for minutes in range(0, 120, 10):
        windows.tell(ASKED, now=NOW - timedelta(minutes=minutes))

    def how_many(now: datetime = NOW, **within: timedelta) -> int:
        return windows.how_many(ASKED, now=now, **within)

    assert how_many() == 6
    assert how_many(since=timedelta(minutes=25)) == 3
    assert how_many(until=timedelta(minutes=5)) == 5
    assert how_many(NOW + timedelta(hours=1)) == 0
    assert windows.how_many(CONFIRMED, now=NOW) == 0


@pytest.mark.parametrize(("attacked", "mine"), [(False, 20), (True, 3)])
def test_in_attack_mode_a_network_may_ask_less(windows: Windows, attacked: bool, mine: int) -> None:
    own, everybody = asking_limits(Settings(), NETWORK, attacked=attacked)
    assert (own.whose, own.most, own.seconds) == (NETWORK, mine, HOUR)
    assert (everybody.whose, everybody.most, everybody.seconds) == ("", 1000, HOUR)
    strict = Settings(askings_per_network=2)
    assert asking_limits(strict, NETWORK, attacked=attacked)[0].most == 2
