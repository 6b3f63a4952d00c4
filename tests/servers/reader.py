"""A reader with a mailbox who uses the pages without a browser: opens a page, fills its form in, presses its button."""

from collections.abc import Callable
from urllib.parse import urlsplit

from tests.servers.forms import press
from tests.servers.mails import Received
from tests.servers.pages import Answer, Outside

Mailbox = Callable[[str, int], Received]
"""Waits until an address has so many mails, and returns the last of them."""


class Reader:
    """One person; `mailbox` is where their mail comes."""

    def __init__(self, mailbox: Mailbox, url: str, address: str, code: str = "en") -> None:
        self.mailbox = mailbox
        self.url = url
        self.address = address
        self.code = code
        self.mails = 0

    def sign_up(self, choice: str = "en:en", variant: str = "full") -> Answer:
        """Fill in the form of the home page."""
        return self.press(f"{self.url}/{self.code}/", email=self.address, choice=choice, variant=variant, consent="yes")

    def next_mail(self) -> Received:
        """Wait for the next mail."""
        self.mails += 1
        return self.mailbox(self.address, self.mails)

    def press(self, url: str, form: int = 0, **typed: str | None) -> Answer:
        """Open a page and press a button there."""
        parts = urlsplit(url)
        return press(Outside(parts.hostname or "", parts.port or 80), parts.path, form=form, **typed)

    def subscribe(self, choice: str = "en:en", variant: str = "full") -> Received:
        """Sign up and confirm; return the welcome."""
        assert self.sign_up(choice, variant).status == 303
        assert self.press(self.next_mail().link("confirm")).status == 200
        return self.next_mail()

    def ask_access(self, letter: Received) -> str:
        """Have the link mailed that is for the owner alone; return it."""
        assert self.press(letter.link("preferences"), form=1).status == 200
        return self.next_mail().link("me")
