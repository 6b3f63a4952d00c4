"""Where the links of a letter lead: to the reader's own pages and to the public ones, each under its language."""

from dataclasses import dataclass
from urllib.parse import quote

from newsletter.digest import Entry
from newsletter.languages import Language
from newsletter.letters.headers import ascii_url
from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT
from newsletter.weeks import Week


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one letter.  `base_url` has no slash at its end; all are ASCII, fit for a header as well."""

    base_url: str
    language: Language
    week: Week

    @property
    def home(self) -> str:
        """What the newsletter is, and the form."""
        return f"{ascii_url(self.base_url)}/{self.language}/"

    @property
    def leave_page(self) -> str:
        """The page that a token makes personal; one-click leaves by a POST to it (RFC 8058)."""
        return f"{self.home}leave"

    @property
    def leave(self) -> str:
        """The leave page of whoever reads the letter."""
        return f"{self.leave_page}/{LEAVE_SLOT}"

    @property
    def preferences(self) -> str:
        """The settings of whoever reads the letter."""
        return f"{self.home}preferences/{PREFERENCES_SLOT}"

    @property
    def archive(self) -> str:
        """This week's page."""
        return f"{self.home}{self.week}"

    def commentary(self, entry: Entry) -> str:
        """The commentary's own page, in the language it is shown in here: that one surely exists."""
        return f"{ascii_url(self.base_url)}/{entry.language}/{self.week}/{quote(entry.commentary.slug)}"
