"""A reader's whole life in a real browser, on the service as `./run` starts it: by keyboard, without scripts, at night.

From the form on the home page to the last link in the last letter; every mail comes out of the inbox.
"""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from newsletter.weeks import Week
from tests.browser.camera import picture
from tests.browser.hands import Keyboard, Mouse
from tests.journeys.test_weekly_job import commentary_for
from tests.servers.mails import Received
from tests.servers.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Life:
    """How somebody reads, and the words that they must meet, in their language."""

    code: str
    hands: type[Mouse]
    look: dict[str, object]
    week: Week
    first: str
    then: str
    """What they choose, and later choose instead: a letter, and its links, speak its first language."""

    asked: str
    confirm: str
    done: str
    discreet: tuple[str, str]
    left: str
    erased: str
    neighbour: str
    """A reader of the sample who leaves by the mail program's own button."""


LIVES = [
    Life(
        "be", Keyboard, {"width": 390}, Week(2019, 38), "be-ru:ru-be", "be-ru:be-ru",
        "Ліст да вас ужо ў дарозе", "Пацвердзіце падпіску", "Вы паспяхова падпісаліся",
        ("Штотыднёвы ліст", "Штотыднёвы ліст № 38"), "Вы адпісаліся", "Усё выдалена", "alena@example.org",
    ),
    Life(
        "ru", Mouse, {"width": 1280, "scripts": False}, Week(2019, 39), "be-ru:be-ru", "be-ru:ru-be",
        "Письмо уже в пути", "Подтвердите подписку", "Вы успешно подписались",
        ("Еженедельное письмо", "Еженедельное письмо № 39"), "Вы отписались", "Всё удалено", "olga@example.org",
    ),
    Life(
        "en", Mouse, {"width": 1280, "dark": True}, Week(2019, 40), "be-ru:be-ru", "en:en",
        "A letter is on its way to you", "Confirm your subscription", "You have been successfully subscribed",
        ("Weekly letter", "Weekly letter 40"), "You have unsubscribed", "Everything has been erased",
        "anna@example.org",
    ),
]  # fmt: skip


class Reader:
    """One person with a browser and a mailbox."""

    def __init__(self, running: Running, tab: Page, life: Life) -> None:
        self.running = running
        self.tab = tab
        self.life = life
        self.hands = life.hands(tab)
        self.address = f"reader-{life.code}@example.org"
        self.mails = 0

    def sees(self, title: str, name: str) -> None:
        """Check the page's heading and language, and take its picture."""
        expect(self.tab.get_by_role("heading", level=1)).to_have_text(title)
        assert self.tab.locator("html").get_attribute("lang") == self.life.code
        picture(self.tab, f"{self.life.code}-{name}")

    def choice(self, value: str) -> Locator:
        return self.tab.locator(f'input[value="{value}"]')

    def button(self, form: int = 0) -> Locator:
        return self.tab.locator("main form").nth(form).get_by_role("button")

    def sign_up(self, page: str, choice: str) -> None:
        """Fill the form in, and press its button."""
        self.tab.goto(f"{self.running.url}/{self.life.code}/{page}")
        self.hands.write(self.tab.locator("#email"), self.address)
        self.hands.tick(self.choice(choice))
        self.hands.tick(self.tab.locator("#full"))
        self.hands.tick(self.tab.locator("#consent"))
        self.hands.press(self.button())
        self.sees(self.life.asked, "asked")

    def next_mail(self) -> Received:
        self.mails += 1
        return self.running.mail(self.address, self.mails)

    def confirm(self) -> Received:
        """Open the link in the mail that comes, press the button; return the welcome."""
        note = self.next_mail()
        assert note.subject == self.life.confirm
        assert note.message["Content-Language"] == self.life.code
        assert note.message["List-Unsubscribe"] is None
        assert note.html is not None
        assert self.address not in note.text + note.html
        self.tab.goto(note.link("confirm"))
        self.hands.press(self.button())
        self.sees(self.life.done, "confirmed")
        welcome = self.next_mail()
        assert welcome.html is not None
        assert "2019-W" in welcome.text
        assert welcome.link("leave") == welcome.one_click
        return welcome


def status(url: str, **posted: str) -> tuple[int, str]:
    """Ask as a machine does: no cookies, no redirects followed to where a form stands."""
    data = urlencode(posted).encode() if posted else None
    try:
        with urllib.request.urlopen(url, data, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


@pytest.mark.parametrize("life", LIVES, ids=["be-keyboard-phone", "ru-no-scripts", "en-night"])
def test_from_the_form_to_the_end(running: Running, visit: Callable[..., Page], life: Life, tmp_path: Path) -> None:
    reader = Reader(running, visit(**life.look), life)
    tab, hands = reader.tab, reader.hands

    reader.sign_up("", life.first)
    welcome = reader.confirm()

    # What is read is changed through the letter's link; the next letter is another one.
    tab.goto(welcome.link("preferences"))
    expect(reader.choice(life.first)).to_be_checked()
    hands.tick(reader.choice(life.then))
    hands.tick(tab.locator("#discreet"))
    hands.press(reader.button())
    expect(tab.get_by_role("status")).to_be_visible()
    expect(reader.choice(life.then)).to_be_checked()
    picture(tab, f"{life.code}-saved")
    running.command("load", str(commentary_for(tmp_path, life.week)))
    running.command("digest", "send", str(life.week))
    letter = reader.next_mail()
    assert (letter.sender, letter.subject) == life.discreet
    assert letter.html is None
    assert letter.message.get_content_type() == "text/plain"
    assert str(letter.message["Content-Language"]).startswith(life.code)
    whole = letter.text + str(letter.message)
    assert "127.0.0.1" not in whole, "a discreet letter leads to the publication's own host"
    assert not any(name in whole for name in ("Тыдзень", "Неделя", "The Week"))
    assert letter.link("leave").startswith(running.discreet_url)

    # Away by the page's button, with a word why.
    tab.goto(letter.link("leave"))
    hands.tick(tab.locator("#why-3"))
    hands.press(reader.button())
    reader.sees(life.left, "left")
    assert status(letter.link("preferences"))[0] == 404
    assert "language" in running.command("subscribers", "count")

    # Away by one-click, as a mail program does it; again is no fault.
    theirs = next(mail for to, mail in running.mails() if to == life.neighbour)
    assert status(theirs.link("preferences"))[0] == 200
    for _ in range(2):
        assert status(theirs.one_click, **{"List-Unsubscribe": "One-Click"}) == (200, "OK\n")
    assert status(theirs.link("preferences"))[0] == 404

    # Who asks again themselves is back.
    reader.sign_up("subscribe", life.then)
    again = reader.confirm()
    assert again.link("preferences") != welcome.link("preferences")

    # What only the owner sees: by a link that is mailed.
    tab.goto(again.link("preferences"))
    hands.press(reader.button(1))
    note = reader.next_mail()
    tab.goto(note.link("me"))
    expect(tab.get_by_text(reader.address)).to_be_visible()
    picture(tab, f"{life.code}-me")
    with tab.expect_download() as download:
        hands.press(reader.button(0))
    data = json.loads(Path(download.value.path()).read_text())
    assert (data["address"], data["edition"], data["state"]) == (reader.address, life.then.partition(":")[0], "active")
    assert [consent["language"] for consent in data["consents"]] == [life.code]
    tab.goto(note.link("me"))
    hands.tick(tab.locator("#sure"))
    hands.press(reader.button(2))
    reader.sees(life.erased, "erased")
    assert status(again.link("preferences"))[0] == 404
    said = running.command("subscribers", "show", reader.address)
    assert said.split() == ["suppressed", "erased,", *said.split()[2:]]
    assert len(said.splitlines()) == 1
    assert [to for to, _ in running.mails()].count(reader.address) == reader.mails, "mail after the end"
