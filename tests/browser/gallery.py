"""Every page of the reader's side, in every state that it has: how to get there with a browser."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from playwright.sync_api import Page

from newsletter import addresses, subscribing
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.store.askings import AskingKind, AskingRow, AskingState
from newsletter.store.choices import keep_silent, stop, subscriber_to_change
from newsletter.tokens import Purpose, make
from tests.servers.pages import NOW, Pages, add_reader

Way = Callable[[Page, str], None]
"""Opens a page in a tab, in a language."""

PLAIN = {
    "home": "",
    "archive": "archive",
    "section": "sections/ruling-elite",
    "week": "2019-W41",
    "commentary": "2019-W41/level-of-talks",
    "elsewhere": "2019-W41/language-of-official-news",
    "subscribe": "subscribe",
    "asked": "asked",
    "privacy": "privacy",
    "lost": "nothing",
    "foreign": "leave/foreign",
}

STATUS = dict.fromkeys(("faults", "confirm-stale", "preferences-faults", "me-unsure", "me-same"), 400)
STATUS |= dict.fromkeys(("lost", "foreign", "over", "expired"), 404) | {"taken": 409}


def status(name: str, code: str) -> int:
    """Return with what a page is answered in a language."""
    if name == "elsewhere" and code == "en":  # that commentary has a Russian text alone
        return 404
    return STATUS.get(name, 200)


class Gallery:
    """The pages of one installation, which it fills with readers and askings as it needs them."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._number = 0
        self._reader = add_reader(pages.runtime, "reader@example.org")
        self._resting = add_reader(pages.runtime, "resting@example.org")
        self._stopped = add_reader(pages.runtime, "stopped@example.org", edition="en")
        self._gone = self._token(Purpose.LEAVE, add_reader(pages.runtime, "gone@example.org"))
        with pages.runtime.database.transaction() as session:
            resting = subscriber_to_change(session, ref=self._resting)
            stopped = subscriber_to_change(session, ref=self._stopped)
            assert resting
            assert stopped
            keep_silent(session, resting, (NOW + timedelta(days=20)).date())
            stop(session, stopped, "operator")
        self._asking = self._ask("asking@example.org")
        self._moving = self._ask("moving@example.org", kind=AskingKind.MOVE, subscriber_ref=self._resting)
        self._taken = self._ask("reader@example.org", kind=AskingKind.MOVE, subscriber_ref=self._resting)
        self._late = self._ask("late@example.org", expires_at=NOW - timedelta(days=1))

    @property
    def ways(self) -> Mapping[str, Way]:
        """Every page by name."""
        found: dict[str, Way] = {name: self._at(tail) for name, tail in PLAIN.items()}
        preferences = self._at(f"preferences/{self._token(Purpose.PREFERENCES, self._reader)}")
        resting = self._at(f"preferences/{self._token(Purpose.PREFERENCES, self._resting)}")
        stopped = self._at(f"preferences/{self._token(Purpose.PREFERENCES, self._stopped)}")
        confirm = self._at(f"confirm/{self._token(Purpose.CONFIRM, self._asking)}")
        moving = self._at(f"confirm/{self._token(Purpose.CONFIRM, self._moving)}")
        subscribe = self._at("subscribe")
        return found | {
            "faults": _then(subscribe, _press()),
            "weak": _then(subscribe, _write("#email", "reader@mail.ru"), _tick("#consent"), _press()),
            "confirm": confirm,
            "confirm-stale": _then(confirm, _spoil("form"), _press()),
            "confirmed": _then(confirm, _press()),
            "confirm-move": moving,
            "taken": _then(self._at(f"confirm/{self._token(Purpose.CONFIRM, self._taken)}"), _press()),
            "over": self._at(f"confirm/{self._token(Purpose.CONFIRM, self._late)}"),
            "preferences": preferences,
            "preferences-resting": resting,
            "preferences-stopped": stopped,
            "preferences-faults": _then(preferences, _tick("#silence-other"), _press()),
            "saved": _then(preferences, _press()),
            "mailed": _then(preferences, _press(1)),
            "leave": self._at(f"leave/{self._token(Purpose.LEAVE, self._reader)}"),
            "left": _then(self._at(f"leave/{self._gone}"), _press()),
            "me": self._me(self._reader),
            "me-resting": self._me(self._resting),
            "me-unsure": _then(self._me(self._reader), _press(2)),
            "me-same": _then(self._me(self._reader), _write("#email", "Reader@Example.org"), _press(1)),
            "me-weak": _then(self._me(self._reader), _write("#email", "other@mail.ru"), _press(1)),
            "me-moving": _then(self._me(self._reader), _write("#email", "other@example.org"), _press(1)),
            "erased": _then(self._me(None), _tick("#sure"), _press(2)),
            "expired": self._me(self._reader, age=2),
        }

    def _token(self, purpose: Purpose, ref: bytes) -> str:
        return make(self._pages.runtime.keyring, purpose, ref)

    def _at(self, tail: str) -> Way:
        return lambda tab, code: _open(tab, f"{self._pages.url}/{code}/{tail}")

    def _ask(self, to: str, **given: object) -> bytes:
        here = self._pages.runtime
        edition = here.publication.edition("be-ru")
        wish = subscribing.Wish(addresses.parse(to), edition, edition.languages)
        with here.database.transaction() as session:
            id = subscribing.ask(session, here.keyring, wish, tongue=Language("be"), door="web", now=NOW)
            row = session.get_one(AskingRow, id)
            for name, value in {"state": AskingState.ANSWERED, **given}.items():
                setattr(row, name, value)
            return row.ref

    def _me(self, ref: bytes | None, *, age: int = 0) -> Way:
        def open_mine(tab: Page, code: str) -> None:
            self._number += 1
            whose = ref or add_reader(self._pages.runtime, f"reader-{self._number}@example.org")
            expires = NOW + timedelta(days=1 - age)
            asked = self._ask(
                f"access-{self._number}@example.org",
                kind=AskingKind(NoteKind.ACCESS.value),
                subscriber_ref=whose,
                expires_at=expires,
            )
            _open(tab, f"{self._pages.url}/{code}/me/{self._token(Purpose.ACCESS, asked)}")

        return open_mine


def _open(tab: Page, url: str) -> None:
    tab.goto(url)


def _then(first: Way, *deeds: Callable[[Page], None]) -> Way:
    def go(tab: Page, code: str) -> None:
        first(tab, code)
        for deed in deeds:
            deed(tab)

    return go


def _press(form: int = 0) -> Callable[[Page], None]:
    return lambda tab: tab.locator("main form").nth(form).get_by_role("button").click()


def _write(field: str, text: str) -> Callable[[Page], None]:
    return lambda tab: tab.locator(field).fill(text)


def _tick(box: str) -> Callable[[Page], None]:
    return lambda tab: tab.locator(box).check()


def _spoil(name: str) -> Callable[[Page], None]:
    return lambda tab: tab.locator(f'main input[name="{name}"]').evaluate("field => field.value = 'x'")
