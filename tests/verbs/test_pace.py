"""How fast mail goes out: the service's pace, a server's own, storms of 4xx, servers that are out."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from newsletter.clock import monotonic
from newsletter.delivering.pace import LEAST, LOOK, Paces
from newsletter.outcomes import Outcome, State
from newsletter.publishing import send
from newsletter.store import Database, open_database
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.notices import unseen_notices
from newsletter.store.servers import ALL, PROBES, ServerRow, Standing, room, spend, standings, take_out
from newsletter.transport import parse_server
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

SERVER = parse_server("smtp://127.0.0.1:25")
PUT_OFF = Outcome(State.DEFERRED, None, SERVER.label, 451, "4.7.0", "later")
TAKEN = Outcome(State.SENT, None, SERVER.label, 250, "2.0.0", "fine")


def weather(here: Installation, slowed_to: float | None = None) -> Paces:
    return Paces(here.database, [SERVER], {SERVER.label: Standing(slowed_to)})


def test_a_pace_is_kept_by_all_who_ask(here: Installation) -> None:
    """At 600 a minute one may go each tenth of a second, and a second's worth at once, whoever asks."""
    with here.database.transaction() as session:
        first, _ = room(session, ALL, 600)
        spend(session, ALL, 600, first)
        second, wait = room(session, ALL, 600)
    assert first in (10, 11)
    assert second <= 1
    assert second or 0 < wait <= 0.1


def test_two_who_ask_at_once_get_no_more_than_one_would(here: Installation, database_url: str) -> None:
    taken: list[int] = []
    ready = threading.Barrier(4)

    def ask() -> None:
        database: Database = open_database(database_url)
        ready.wait()
        for _ in range(10):
            with database.transaction() as session:
                most, _ = room(session, ALL, 60)
                if most:
                    spend(session, ALL, 60, most)
                taken.append(most)
        database.close()

    began = monotonic()
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) <= 2 + (monotonic() - began)


def test_a_slice_claims_no_more_than_the_pace_allows(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=4, per_minute=1200, slice_seconds=1)
    here.load_seeds()
    here.add_readers(200)
    here.plan()
    began = monotonic()
    here.deliver(stop=lambda: monotonic() - began > 1.5)
    passed = monotonic() - began
    status = here.status()
    assert status.balances
    assert 5 <= status.counts[State.SENT] <= 20 * (passed + 1.2)
    assert status.counts[State.SENT] + status.counts[State.QUEUED] == 200
    assert len(postbox.taken) == status.counts[State.SENT]


def test_what_a_pace_holds_back_is_delivered_in_the_end_and_once(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=4, per_minute=6000, slice_seconds=1, batch_size=70)
    here.load_seeds()
    readers = here.add_readers(150)
    here.plan()
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)
    assert here.status().state is DigestState.SENT


def test_a_server_gets_no_more_than_its_own_pace(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=f"{postbox.url}?per_minute=600", smtp_connections=4, slice_seconds=1)
    here.load_seeds()
    here.add_readers(100)
    here.plan()
    began = monotonic()
    here.deliver(stop=lambda: monotonic() - began > 1)
    assert 5 <= len(postbox.taken) <= 10 * (monotonic() - began + 1.2)
    assert here.status().balances


def test_a_storm_of_4xx_halves_what_a_server_is_given_and_calm_doubles_it(here: Installation) -> None:
    paces = weather(here, slowed_to=1000.0)
    for _ in range(LOOK):
        paces.note(PUT_OFF)
    paces(SERVER.label, 10)
    with here.database.reading() as session:
        slowed = standings(session, [SERVER.label])[SERVER.label].slowed_to
    assert slowed is not None
    assert LEAST <= slowed <= 500
    for _ in range(LOOK):
        paces.note(TAKEN)
    paces(SERVER.label, 10)
    with here.database.reading() as session:
        assert standings(session, [SERVER.label])[SERVER.label].slowed_to == 2 * slowed


def test_calm_frees_a_server_in_the_end_and_weather_is_never_worse_than_the_least(here: Installation) -> None:
    paces = weather(here)
    for _ in range(40 * LOOK):
        paces.note(PUT_OFF)
    assert paces.most() == int(LEAST / 6)
    for _ in range(40 * LOOK):
        paces.note(TAKEN)
    assert paces.most() is None
    assert paces(SERVER.label, 77).envelopes == 77


def test_one_reader_in_three_who_is_put_off_is_no_storm(here: Installation) -> None:
    paces = weather(here)
    for turn in range(10 * LOOK):
        paces.note(PUT_OFF if turn % 3 == 0 else TAKEN)
    assert paces.most() is None


def test_a_storm_slows_the_next_slice_too(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=4, slice_seconds=1)
    here.load_seeds()
    here.add_readers(200)
    postbox.at_dot["*"] = "451 4.7.1 too fast"
    here.plan()
    began = monotonic()
    here.deliver(stop=lambda: monotonic() - began > 2)
    with here.database.reading() as session:
        (standing,) = standings(session, [here.servers[0].label]).values()
    assert standing.slowed_to is not None
    assert here.status().counts[State.DEFERRED] > 0
    assert here.status().balances


@pytest.mark.parametrize("at", ["at_mail", "at_connect"])
def test_one_of_two_servers_that_refuses_us_is_left_alone_and_told_of(
    by_two: Installation, postbox: Postbox, other_postbox: Postbox, at: str
) -> None:
    by_two.load_seeds()
    readers = by_two.add_readers(100)
    getattr(other_postbox, at)["*"] = "554 5.7.1 we do not know you"
    by_two.plan()
    by_two.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)
    assert by_two.status().state is DigestState.SENT
    with by_two.database.reading() as session:
        (notice,) = unseen_notices(session)
        standing = standings(session, [by_two.servers[1].label])[by_two.servers[1].label]
    assert notice.kind == "one-server-out"
    assert "we do not know you" in notice.text
    assert 0 < standing.out_for <= PROBES[0]


def test_servers_that_all_refuse_us_pause_the_digest_and_an_operator_lets_it_go_on(
    by_two: Installation, postbox: Postbox, other_postbox: Postbox
) -> None:
    by_two.load_seeds()
    readers = by_two.add_readers(30)
    for one in (postbox, other_postbox):
        one.at_mail["*"] = "550 5.7.1 no"
    by_two.plan()
    by_two.deliver()
    status = by_two.status()
    assert (status.state, status.counts[State.QUEUED]) == (DigestState.PAUSED, 30)
    for one in (postbox, other_postbox):
        one.at_mail.clear()
    with by_two.database.transaction() as session:
        send(session, by_two.publication, Week(2019, 41), now=by_two.clock(), who="test", batch_size=1000)
    by_two.deliver()
    assert set(postbox.taken) | set(other_postbox.taken) == set(readers)
    assert not set(postbox.taken) & set(other_postbox.taken)


def test_a_server_stays_out_longer_each_time_and_one_answer_ends_it(here: Installation, postbox: Postbox) -> None:
    label = here.servers[0].label
    for pause in (*PROBES, PROBES[-1]):
        with here.database.transaction() as session:
            assert take_out(session, label, "554 no")
            assert not take_out(session, label, "554 no"), "another slice met the same failure"
            out_for = standings(session, [label])[label].out_for
        assert pause - 5 < out_for <= pause
        here.pass_circuits()
    with here.database.transaction() as session:
        session.execute(update(ServerRow).values(out_until=0))
    here.load_seeds()
    here.add_readers(3)
    here.plan()
    here.deliver()
    with here.database.reading() as session:
        assert standings(session, [label])[label] == Standing()


def test_servers_that_refuse_us_one_after_the_other_pause_the_digest_too(
    by_two: Installation, postbox: Postbox, other_postbox: Postbox
) -> None:
    by_two.load_seeds()
    by_two.add_readers(30)
    other_postbox.at_mail["*"] = "550 5.7.1 no"
    by_two.plan()
    with by_two.database.transaction() as session:
        take_out(session, by_two.servers[0].label, "auth: 535 not you")
    by_two.deliver()
    assert by_two.status().state is DigestState.PAUSED
    with by_two.database.reading() as session:
        (notice,) = [one for one in unseen_notices(session) if one.kind == "server-out"]
    assert "535 not you" in notice.text
    assert "550" in notice.text


def test_a_digest_that_is_paused_costs_a_server_no_more_than_its_connections(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=4)
    here.load_seeds()
    here.add_readers(300)
    here.plan()
    postbox.hold(after=20)
    sending = threading.Thread(target=here.deliver)
    sending.start()
    postbox.wait("held", 4)
    before = postbox.closed
    with here.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.PAUSED))
    postbox.release()
    sending.join()
    assert postbox.wait("closed", before + 4) <= before + 3 * 4
    assert here.status().balances
    assert here.status().counts[State.QUEUED] > 250
