"""The addresses at which an empty letter is enough, as mails and pages name them."""

from dataclasses import dataclass
from typing import Self

from newsletter.languages import Language
from newsletter.letters.sender import Appearance
from newsletter.publication import Command


@dataclass(frozen=True, slots=True)
class Commands:
    """The addresses at one domain, which is that of whoever a mail is from."""

    domain: str

    @classmethod
    def at(cls, seen: Appearance) -> Self:
        """Return those of a mail that shows itself so."""
        return cls(seen.address.rpartition("@")[2])

    def subscribe(self, language: Language) -> str:
        """Where to ask for the letters that begin with a language."""
        return f"{Command.SUBSCRIBE}-{language}@{self.domain}"

    def latest(self, language: Language) -> str:
        """Where to ask for the newest digest, once."""
        return f"{Command.LATEST}-{language}@{self.domain}"

    @property
    def unsubscribe(self) -> str:
        """Where to ask for the link to leave."""
        return f"{Command.UNSUBSCRIBE}@{self.domain}"

    def confirm(self, token: str) -> str:
        """Where a reply to a confirm note goes; 58 octets before the `@`."""
        return f"{Command.CONFIRM}+{token}@{self.domain}"

    def leave(self, token: str) -> str:
        """Where a mail leaves at once, whoever wrote it: the address of List-Unsubscribe; 56 octets before the `@`."""
        return f"{Command.LEAVE}+{token}@{self.domain}"
