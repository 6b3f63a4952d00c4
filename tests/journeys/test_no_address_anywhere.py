"""Whole lives of readers, and then a search for their addresses in everything that was kept, logged or passed on.

Two places are exempt and say so: the mail itself (the postbox here, the inbox of the embedded service), and the file
that an operator imports.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from newsletter.editing import load, read_tree
from newsletter.outcomes import State
from newsletter.store.askings import AskingRow, AskingState
from newsletter.store.notes import NoteRow
from newsletter.store.notices import NoticeRow, add_notice
from newsletter.store.subscribers import SubscriberRow
from tests.journeys.dumps import broker_contents, files, tables
from tests.journeys.open_site import OpenSite
from tests.journeys.search import Listener, Search, laid_open, spellings
from tests.journeys.site import SEEDS, Site
from tests.servers.broker import Broker
from tests.servers.pages import Outside
from tests.servers.postbox import Postbox
from tests.servers.postgresql import Cluster
from tests.verbs.conftest import Installation, install

__all__ = ["install"]
pytestmark = pytest.mark.timeout(240)

DOMAIN = "kvetki-8413.example"
NAMES = (
    *("zlata-krynica-7731", "zorka-novaya-3380", "budzimir-hlinka-6254", "cimafiej-bor-9917", "danuta-hrom-1182"),
    *("eufrasin-pole-4406", "fiadora-yasen-5093", "halina-rosa-2748", "hryhor-vyada-8865", "ihnat-dubrava-5521"),
    *("jazep-klon-6630", "kanstancyja-lug-9042", "larysa-rabina-3317"),
)
ADDRESS = {name.partition("-")[0]: f"{name}@{DOMAIN}" for name in NAMES}
IMPORTED = ("halina", "hryhor", "jazep", "danuta", "eufrasin", "fiadora")
"""In this order, over one connection: a refusal at the dot before anything is taken is thought over for a minute."""
EVERYTHING = Search(*NAMES, DOMAIN)


def said(code: str, name: str) -> str:
    """Return how servers quote whom they were asked about: whole, in halves, shouting, and as a part of a link."""
    to = ADDRESS[name]
    local = to.partition("@")[0]
    return f"{code} <{to}>: {local} unknown at {DOMAIN}; {to.upper()} see https://help.test/?to={quote(to, safe='')}"


def print_open(site: Site, *words: str, code: int = 0) -> bytes:
    done = site.run(*words, code=code)
    return (done.stdout + done.stderr).encode()


@pytest.fixture
def opened(
    site: Callable[..., Site], postbox: Postbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OpenSite, Path]]:
    """The installation, and the folder of the operator's own files."""
    here = OpenSite(site, postbox, SMTP_CONNECTIONS="1", CONFIRM_PER_DAY="9", CONFIRM_PER_MONTH="9")
    yield here, tmp_path_factory.mktemp("operator")
    here.close()
    here.broker.remove()


def live(here: OpenSite, operators: Path) -> bytes:
    """Play the readers' lives; return what commands said meanwhile."""
    site, box = here.site, here.postbox
    for name, told, at in (
        ("budzimir", said("550 5.1.1", "budzimir"), box.answers),
        ("cimafiej", said("451 4.7.1", "cimafiej"), box.answers),
        ("danuta", said("550 5.1.1", "danuta"), box.answers),
        ("eufrasin", said("450 4.2.0", "eufrasin"), box.answers),
        ("fiadora", said("554 5.7.1", "fiadora"), box.at_dot),
        ("halina", said("250 2.0.0 taken for", "halina"), box.at_dot),
        ("zlata", said("250 2.0.0 taken for", "zlata"), box.at_dot),
    ):
        at[ADDRESS[name]] = told

    # The list as it was, and a week for everybody on it.
    table = operators / "readers.csv"
    lines = [f"{ADDRESS[name]},en" for name in IMPORTED] + [f"Ihnat-Dubrava-5521@{DOMAIN.title()},be-ru"]
    table.write_text("\n".join(["email,edition", *lines, f"{ADDRESS['kanstancyja']}@@,en"]) + "\n")
    with site.here.database.transaction() as session:
        load(session, read_tree(SEEDS, site.here.publication))
    heard = print_open(site, "subscribers", "import", str(table), code=1)
    heard += print_open(site, "digest", "send", "2019-W41", "--wait", code=3)
    heard += print_open(site, "subscribers", "add", ADDRESS["larysa"], "--edition", "en")

    # Who signs up: refused, put off, wrong, and well.
    for name in ("budzimir", "cimafiej"):
        assert here.reader(ADDRESS[name], "ru").sign_up("be-ru:ru-be").status == 303
    wrong = here.reader(ADDRESS["kanstancyja"], "be")
    for typed in (f"{wrong.address}@", f"{wrong.address} ", f"<{wrong.address}>", "kanstancyja-lug-9042@mail.ru"):
        page = wrong.press(f"{wrong.url}/be/subscribe", email=typed, consent="yes", choice="be-ru:be-ru")
        assert page.status in (200, 303, 400)
    for path in (f"/en/{wrong.address}", f"/en/subscribe?email={quote(wrong.address)}", f"/en/leave/{wrong.address}"):
        for method in ("GET", "POST"):
            Outside(here.web.host, here.web.port).ask(path, method=method, form={"email": wrong.address})
    zlata = here.reader(ADDRESS["zlata"], "be")
    letter = zlata.subscribe("be-ru:be-ru")
    assert zlata.press(letter.link("preferences"), choice="be-ru:ru-be", variant="discreet").status == 200
    zlata.sign_up("be-ru:ru-be", "discreet")
    assert zlata.next_mail().link("leave")  # "you are subscribed already"

    # What is the owner's alone: the data, another address, the end.
    mine = zlata.ask_access(letter)
    assert zlata.address in zlata.press(mine, form=0).text
    assert zlata.press(mine, form=1, email=ADDRESS["zorka"]).status == 200
    zorka = here.reader(ADDRESS["zorka"], "be")
    assert zorka.press(zorka.next_mail().link("confirm")).status == 200
    zlata.next_mail()  # "your letters go to another address"
    mine = zorka.ask_access(letter)
    assert zorka.address in zorka.press(mine, form=0).text
    assert zorka.press(mine, form=2, sure="yes").status == 200

    # Leaving, by a mail program and by the button, and back again.
    halina, hryhor = (here.mail(ADDRESS[name], 1) for name in ("halina", "hryhor"))
    assert here.web.ask(halina.one_click.removeprefix(here.web.url), method="POST", form=ONE_CLICK).status == 200
    back = here.reader(ADDRESS["hryhor"])
    back.mails = 1
    assert back.press(hryhor.link("leave"), why="4").status == 200
    assert back.sign_up().status == 303
    back.next_mail()
    heard += print_open(site, "subscribers", "resend-confirm", ADDRESS["hryhor"])
    assert back.press(back.next_mail().link("confirm")).status == 200
    back.next_mail()

    # The operator's hand.
    heard += print_open(site, "subscribers", "show", ADDRESS["danuta"], "--json")
    heard += print_open(site, "subscribers", "stop", ADDRESS["eufrasin"])
    heard += print_open(site, "subscribers", "erase", "--yes", ADDRESS["jazep"])
    heard += print_open(site, "notices")
    return heard


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_no_address_stands_anywhere(
    opened: tuple[OpenSite, Path], request: pytest.FixtureRequest, database_url: str
) -> None:
    here, operators = opened
    listener = Listener(here.broker)
    heard = live(here, operators)
    with here.site.here.database.reading() as session:
        settled = {name: session.query(NoteRow).filter_by(kind=name).count() for name in ("confirm", "moved")}
        texts = [text for (text,) in session.query(NoteRow.text) if text]
        assert session.query(SubscriberRow).count() == 6, "some still read, so something is sealed"
        assert session.query(AskingRow).filter_by(state=AskingState.ANSWERED).count() >= 1
    assert settled["moved"] == 1
    assert any("unknown at" in text for text in texts), "no server's words were kept"
    states = here.site.tally()[1].states
    assert states[State.REFUSED] >= 2

    kept = tables(database_url)
    kept |= {f"broker: {name}": laid_open(data) for name, data in broker_contents(here.broker).items()}
    kept["broker: heard"] = laid_open(listener.heard)
    kept["commands"] = heard
    here.close()
    kept |= {f"file: {name}": data for name, data in files(here.site.folder).items()}
    if not database_url.startswith("sqlite") and isinstance(server := request.getfixturevalue("postgresql"), Cluster):
        kept["database server's log"] = server.log.read_bytes()
    assert b"answer_asking" in listener.heard
    assert {name for name in kept if name.endswith(("web.log", "worker.log"))} == {"file: web.log", "file: worker.log"}
    assert {name: found for name, data in kept.items() if (found := EVERYTHING.found_in(data))} == {}


@pytest.mark.parametrize("word", [NAMES[0].title(), DOMAIN])
def test_however_a_word_is_written_it_is_found(word: str) -> None:
    noise = bytes(range(256)) * 8
    assert EVERYTHING.found_in(noise) == set()
    for name, written in spellings(word):
        assert EVERYTHING.found_in(noise + written + noise), name
    for other in ("zlata-krynica-1377", "kvetki-3148.example"):
        for name, written in spellings(other):
            assert not EVERYTHING.found_in(noise + written + noise), name


def test_every_place_is_looked_into(install: Callable[..., Installation], database_url: str) -> None:
    here = install()
    (address,) = here.add_readers(1)
    planted = Search(address)
    broker = Broker()
    try:
        with here.database.transaction() as session:
            add_notice(session, "late", now=here.clock(), text=f"a word about {address}")
            session.query(SubscriberRow).update({"sealed": address.encode()})  # as if nobody had sealed it
        kept = {name for name, data in tables(database_url).items() if planted.found_in(data)}
        assert kept >= {"notices", "subscribers"}
        with here.database.transaction() as session:
            session.query(NoticeRow).delete()
        if database_url.startswith("sqlite"):  # what is deleted still stands in the file, or in its log of writes
            assert {name for name, data in tables(database_url).items() if planted.found_in(data)} >= {
                "newsletter.sqlite-wal", "subscribers",
            }  # fmt: skip
        with broker.connect() as connection:
            connection.hset("somebody", "to", address)
            connection.lpush("newsletter", base64.b64encode(f'[["{address}"]]'.encode()))
        kept = {name for name, data in broker_contents(broker).items() if planted.found_in(data)}
        assert "keys and values" in kept
        assert any(name.endswith((".aof", ".rdb")) for name in kept)
    finally:
        broker.remove()
