"""What tasks ring for when they have done their work: deliveries that are due still, and the operator's notices."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import redis

from newsletter import addresses, subscribing
from newsletter.store.batches import due_letters
from newsletter.store.digests import DigestState
from newsletter.store.notices import unseen_notices
from newsletter.store.subscribers import SubscriberState, count_by_state
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTES, UPKEEP = "workers.notes.deliver_notes", "workers.upkeep.ring"


@pytest.fixture
def here(
    install: Callable[..., Installation], postbox: Postbox, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """The installation whose tasks run in this process."""
    monkeypatch.setenv("NEWSLETTER_BROKER_URL", broker_url)
    from workers.app import app

    for name in ("broker_url", "broker_write_url"):  # another test of this process may have loaded it, with none
        monkeypatch.setitem(app.conf, name, broker_url)
    for keeper in (app, app.amqp):
        for pool in ("_pool", "_producer_pool"):
            if hasattr(keeper, pool):
                monkeypatch.setattr(keeper, pool, None)
    made = install(smtp_url=postbox.url, smtp_connections=4)
    monkeypatch.setattr("newsletter.runtime._opened", {os.getpid(): made})
    return made


@pytest.fixture
def rung(here: Installation, valkey_socket: Path) -> Callable[[], list[str]]:
    """Say which tasks have been rung for."""

    def ask() -> list[str]:
        with redis.Redis(unix_socket_path=os.fspath(valkey_socket)) as connection:
            waiting = [one for queue in ("newsletter", "delivery", "notes") for one in connection.lrange(queue, 0, -1)]
        return [json.loads(one)["headers"]["task"] for one in waiting]

    return ask


def deliver(here: Installation) -> None:
    """Run the task for the first letter that is due."""
    from workers.delivery import deliver as task  # here: Celery keeps the first settings that it sees

    with here.database.reading() as session:
        letter_id = due_letters(session, now=here.clock())[0]
    task(letter_id)


def notices(here: Installation) -> list[str]:
    with here.database.reading() as session:
        return [notice.kind for notice in unseen_notices(session)]


def test_a_slice_that_pauses_its_digest_rings_for_the_notice(
    here: Installation, postbox: Postbox, rung: Callable[[], list[str]]
) -> None:
    here.load_seeds()
    here.add_readers(5)
    here.plan()
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    deliver(here)
    assert (here.status().state, notices(here)) == (DigestState.PAUSED, ["server-out"])
    assert rung() == [NOTES]


def test_a_slice_that_leaves_something_due_rings_once_for_all(
    here: Installation, rung: Callable[[], list[str]]
) -> None:
    here.load_seeds()
    here.add_readers(5)
    here.add_readers(5, edition="be-ru")
    here.plan()
    deliver(here)
    assert rung() == [UPKEEP]


def test_a_week_of_which_only_a_notice_came_rings_for_that(here: Installation, rung: Callable[[], list[str]]) -> None:
    from workers.upkeep import ring
    from workers.weekly import close_due_weeks

    close_due_weeks()
    assert (notices(here), rung()) == (["empty"], [UPKEEP])
    ring()
    assert rung() == [UPKEEP, NOTES]
    close_due_weeks()
    assert rung() == [UPKEEP, NOTES], "nothing is due any more"


def test_silences_end_on_the_day_that_the_publication_has(here: Installation) -> None:
    from workers.upkeep import ring

    for address, until in zip(here.add_readers(2), (date(2019, 10, 15), date(2019, 10, 16)), strict=True):
        with here.database.transaction() as session:
            subscribing.silence_address(session, here.keyring, addresses.parse(address), until)
    silent = []
    for now in (datetime(2019, 10, 14, 20, 59, tzinfo=UTC), datetime(2019, 10, 14, 23, 30, tzinfo=UTC)):
        here.clock.now = now
        ring()
        with here.database.reading() as session:
            silent.append(count_by_state(session)[SubscriberState.PAUSED])
    assert silent == [2, 1]
