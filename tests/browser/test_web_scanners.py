"""What opens every link and presses no button (scanners, prefetchers, a curious browser) changes nothing."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from newsletter.outcomes import OPEN
from newsletter.store import open_database
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.notes import NoteRow
from newsletter.store.schema import METADATA
from tests.servers.pages import Outside
from tests.servers.reader import Reader
from tests.servers.running import Running
from tests.servers.watching import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LOOKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("HEAD", {}),
    ("OPTIONS", {}),
    ("GET", {}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"}),
)
BOOKKEEPING = {"workers", "batches", "servers", "digests"}
"""What workers write about themselves and their work, in their own time."""

KINDS = ("confirm", "leave", "preferences", "me")
"""Pages that a token opens."""

HOVER = """[...document.querySelectorAll('a, button, input, label')].map(one => one.getBoundingClientRect())
  .map(box => [box.x + box.width / 2, box.y + box.height / 2])"""


def rows(running: Running) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    database = open_database(running.database_url)
    try:
        with database.reading() as session:
            return {
                table.name: [repr(tuple(row)) for row in session.execute(select(table).order_by(*table.primary_key))]
                for table in METADATA.sorted_tables
                if table.name not in BOOKKEEPING
            }
    finally:
        database.close()


def is_quiet(running: Running) -> bool:
    """Say whether all mail that is owed has gone out."""
    database = open_database(running.database_url)
    try:
        with database.reading() as session:
            return not any(
                session.scalar(select(table.id).where(table.state.in_(OPEN)).limit(1))
                for table in (DeliveryRow, NoteRow)
            )
    finally:
        database.close()


@pytest.fixture(scope="module")
def links(running: Running) -> list[str]:
    """Every link of every kind of mail: digests full and discreet, and each note; most have a button still to press."""
    one = Reader(running.mail, running.url, "scanned-1@example.org", "be")
    digest = one.subscribe("be-ru:be-ru", "discreet")
    one.sign_up("be-ru:be-ru", "discreet")
    assert one.next_mail().links, "standing"
    one.sign_up("be-ru:ru-be", "full")
    one.next_mail().link("confirm")
    mine = one.ask_access(digest)
    assert one.press(mine, form=1, email="scanned-2@example.org").status == 200
    running.mail("scanned-2@example.org", 1).link("confirm")

    other = Reader(running.mail, running.url, "scanned-3@example.org", "ru")
    mine = other.ask_access(other.subscribe("be-ru:ru-be"))
    assert other.press(mine, form=1, email="scanned-4@example.org").status == 200
    moving = Reader(running.mail, running.url, "scanned-4@example.org", "ru")
    assert moving.press(moving.next_mail().link("confirm")).status == 200
    assert other.next_mail().links, "moved"

    asking = Reader(running.mail, running.url, "scanned-5@example.org", "en")
    asking.sign_up()
    asking.next_mail().link("confirm")
    until(lambda: is_quiet(running))
    scanned = [mail for to, mail in running.mails() if to.startswith("scanned-")]
    ours = (running.url, running.discreet_url)
    found = list(dict.fromkeys(link for mail in scanned for link in mail.links if link.startswith(ours)))
    for kind in ("confirm", "leave", "preferences", "me", "2019-W41", "privacy"):
        for home in ours:
            assert any(link.startswith(home) and f"/{kind}" in link for link in found), (home, kind)
    return found


def test_whatever_opens_a_link_changes_nothing(running: Running, links: list[str]) -> None:
    before = rows(running)
    for link in links:
        parts = urlsplit(link)
        there = Outside(parts.hostname or "", parts.port or 80)
        for method, headers in LOOKS:
            answer = there.ask(parts.path, method=method, headers=headers)
            assert answer.status in ((405,) if method == "OPTIONS" else (200, 404)), link
    assert rows(running) == before


def test_a_browser_that_follows_every_link_and_presses_nothing_changes_nothing(
    running: Running, links: list[str], visit: Callable[..., Page]
) -> None:
    before = rows(running)
    tab = visit(height=3000)
    further: dict[str, None] = {}
    for link in links:
        tab.goto(link)
        if any(f"/{kind}/" in link for kind in KINDS):
            for x, y in tab.evaluate(HOVER):
                tab.mouse.move(x, y)
            further |= dict.fromkeys(tab.evaluate("[...document.links].map(link => link.href.split('#')[0])"))
    for link in further.keys() - set(links):
        if link.startswith((running.url, running.discreet_url)):
            tab.goto(link)
    assert tab.context.cookies() == []
    assert rows(running) == before


def test_a_button_that_is_pressed_would_be_seen(running: Running, links: list[str]) -> None:
    before = rows(running)
    (link,) = [link for link in links if "/en/confirm/" in link]
    Reader(running.mail, running.url, "scanned-5@example.org").press(link)
    after = rows(running)
    assert {table for table in before if before[table] != after[table]} >= {"askings", "subscribers", "consents"}
