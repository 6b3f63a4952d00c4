"""Bad servers, seen from what they cost readers: states, counters, notices, and copies once they have got well."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter import publishing
from newsletter.outcomes import State
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestState
from newsletter.store.notices import unseen_notices
from newsletter.store.servers import Standing, standings
from tests.smtp.certificates import NOW, Authority
from tests.smtp.script import CLOSE, CLOSE_BUT_KEEP, RESET, SILENT, Do, Script, Then, say, script
from tests.smtp.server import Record
from tests.smtp.stage import Stage
from tests.verbs.bad_servers import BAD, LOGIN, OFFERS, ON_POSTGRESQL, PLAIN, TABLE, End, Row
from tests.verbs.conftest import WEEK, Installation

LITTLE, PLENTY = 0.5, 20.0
"""Seconds: where something is to run out of time, and where nothing is."""

BOTH = [(row, "sqlite") for row in TABLE] + [(row, "postgresql") for row in TABLE if row.name in ON_POSTGRESQL]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The scripted server, in a process of its own."""
    process = Stage()
    yield process
    process.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of this module."""
    return Authority(tmp_path_factory.mktemp("certificates"))


def ends(here: Installation) -> dict[str, End]:
    """Return how each reader's delivery stands, and see that no server's words name a reader."""
    with here.database.reading() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
    assert not any("en-full" in (row.text or "") for row in rows)
    return {f"en-full-{place}": End(row.state, row.reason, row.attempts, row.crashes) for place, row in enumerate(rows)}


def told(here: Installation) -> list[str]:
    with here.database.reading() as session:
        notices = unseen_notices(session)
    assert not any("en-full" in notice.text for notice in notices)
    return [notice.kind for notice in notices]


def standing(here: Installation) -> Standing:
    with here.database.reading() as session:
        (found,) = standings(session, [here.servers[0].label]).values()
    return found


def go_on(here: Installation) -> None:
    """Let an hour pass, and do what a notice asks for."""
    if here.status().state is DigestState.PAUSED:
        with here.database.transaction() as session:
            publishing.resume(session, WEEK, now=here.clock(), who="test")
    here.clock.forward(hours=1)
    here.pass_circuits()
    here.deliver()


def messages(record: Record) -> Counter[str]:
    """Count the copies each reader has; every copy for one reader has one Message-ID."""
    ids = {
        line for body in record.bodies for line in body.split(b"\r\n\r\n")[0].split(b"\r\n") if b"Message-ID" in line
    }
    assert len(ids) == len(record.taken)
    return record.taken


def url(row: Row, stage: Stage, authority: Authority) -> str:
    login = f"{LOGIN[0]}:{LOGIN[1]}@" if row.login else ""
    tls = f"&tls=starttls&ca={authority.ca}" if row.certificate else ""
    return f"smtp://{login}127.0.0.1:{stage.port}?connections=1&timeout={step(row.play)}{tls}"


def step(play: Script) -> float:
    return LITTLE if play.says_nothing else PLENTY


def scripts(row: Row, authority: Authority) -> tuple[Script, Script]:
    """Return how the server is, and how it is when it has got well."""
    offers = (*OFFERS, "AUTH PLAIN") if row.login else OFFERS
    healthy = Script(offers=offers, login=LOGIN)
    if row.certificate is None:
        return (replace(row.play, offers=offers, login=LOGIN) if row.login else row.play), healthy
    healthy = replace(healthy, tls=authority.certificate("127.0.0.1"))
    match row.certificate:
        case "none":
            return row.play, healthy
        case "expired":
            shown = authority.certificate("127.0.0.1", until=NOW - timedelta(days=1))
        case name:
            shown = authority.certificate(name)
    return replace(row.play, tls=shown), healthy


@pytest.mark.parametrize(("row", "database_url"), BOTH, indirect=["database_url"], ids=str)
def test_what_a_bad_server_costs(
    install: Callable[..., Installation],
    stage: Stage,
    authority: Authority,
    give_up_after: Callable[[float], None],
    row: Row,
) -> None:
    bad, healthy = scripts(row, authority)
    give_up_after(LITTLE if row.out else PLENTY)
    with stage.playing(bad):
        here = install(smtp_url=url(row, stage, authority), on_doubt=row.on_doubt)
        here.load_seeds()
        here.add_readers(4)
        here.plan()
        here.deliver()
        found = ends(here)
        status = here.status()
        others = {end for name, end in found.items() if name != BAD}
        assert (found[BAD], others) == (row.bad, {row.good})
        assert (status.state, status.balances) == (row.digest, True)
        assert told(here) == list(row.notices)
        assert (standing(here).out_for > 0) is row.out

        stage.turn(healthy)
        go_on(here)
        copies = messages(stage.record)
        assert copies == +Counter({name: row.copies[name != BAD] for name in found})
        status = here.status()
        assert (status.state, status.balances) == (DigestState.SENT, True)
        assert standing(here) == Standing()


def bad_for_everybody(
    install: Callable[..., Installation], stage: Stage, play: Script, readers: int, **settings: object
) -> Installation:
    """Deliver to so many readers, over four connections, to the server that is playing."""
    here = install(smtp_url=f"smtp://127.0.0.1:{stage.port}?connections=4&timeout={step(play)}", **settings)
    here.load_seeds()
    here.add_readers(readers)
    here.plan()
    here.deliver()
    return here


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "play",
    [
        script({"mail": SILENT}),
        script({"mail": SILENT}, offers=PLAIN),
        script({"rcpt": RESET}),
        script({"rcpt": say("421 4.3.2 down", Then.CLOSE)}),
        script({"data": CLOSE}),
    ],
    ids=["silent at MAIL", "silent at MAIL, no PIPELINING", "reset at RCPT", "RCPT 421 and close", "drop at DATA"],
)
def test_a_server_that_gives_nobody_an_answer_is_left_alone_and_puts_off_few(
    install: Callable[..., Installation], stage: Stage, give_up_after: Callable[[float], None], play: Script
) -> None:
    """Whether it is the reader or the server, the first few cannot tell: they wait five minutes, the others one."""
    give_up_after(LITTLE)
    with stage.playing(play):
        here = bad_for_everybody(install, stage, play, 40)
        found = Counter(end.state for end in ends(here).values())
        assert found.keys() <= {State.QUEUED, State.DEFERRED}
        assert found[State.DEFERRED] < 20
        assert (here.status().state, told(here)) == (DigestState.SENDING, ["server-unreachable"])
        assert standing(here).out_for > 0
        stage.turn(Script())
        go_on(here)
        assert Counter(messages(stage.record).values()) == {1: 40}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("on_doubt", "state"), [("resend", State.QUEUED), ("hold", State.DOUBTFUL)])
@pytest.mark.parametrize(
    "do",
    [CLOSE_BUT_KEEP, Do(b"ok", keep=True), Do(then=Then.SILENT, keep=True)],
    ids=["drop", "garbage", "silence"],
)
def test_a_server_that_keeps_letters_and_never_says_so_gets_few(
    install: Callable[..., Installation],
    stage: Stage,
    give_up_after: Callable[[float], None],
    on_doubt: str,
    state: State,
    do: Do,
) -> None:
    """Each connection leaves one in doubt, and after a few the server is left alone."""
    give_up_after(LITTLE)
    play = script({"dot": do})
    with stage.playing(play):
        here = bad_for_everybody(install, stage, play, 40, on_doubt=on_doubt)
        doubted = {name for name, end in ends(here).items() if end.crashes}
        assert {end.state for name, end in ends(here).items() if name in doubted} == {state}
        assert set(messages(stage.record)) == doubted
        assert len(doubted) < 20
        assert told(here) == ["server-unreachable"]
        stage.turn(Script())
        go_on(here)
        again = 2 if on_doubt == "resend" else 1
        assert messages(stage.record) == {f"en-full-{r}": again if f"en-full-{r}" in doubted else 1 for r in range(40)}


@pytest.mark.parametrize("offers", [OFFERS, PLAIN], ids=["PIPELINING", "plain"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_limit_of_messages_a_connection_is_no_storm(
    install: Callable[..., Installation], stage: Stage, offers: tuple[str, ...]
) -> None:
    play = script(per_connection=3, offers=offers)
    with stage.playing(play):
        here = bad_for_everybody(install, stage, play, 100)
        assert here.status().state is DigestState.SENT
        assert messages(stage.record) == {f"en-full-{reader}": 1 for reader in range(100)}
        assert standing(here) == Standing()
        assert told(here) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_says_nothing_for_longer_than_a_slice_is_told_of(
    install: Callable[..., Installation], stage: Stage, give_up_after: Callable[[float], None]
) -> None:
    give_up_after(LITTLE)
    with stage.playing(script({"connect": SILENT})):
        here = install(smtp_url=f"smtp://127.0.0.1:{stage.port}?timeout=60", slice_seconds=1)
        here.load_seeds()
        here.add_readers(3)
        here.plan()
        here.deliver()
        assert told(here) == ["server-unreachable"]
        assert standing(here).out_for > 0
        assert set(ends(here).values()) == {End(State.QUEUED)}
