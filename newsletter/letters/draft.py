"""A draft: a digest as one edition, order and variant shows it, ready for the templates of any mail that carries it."""

from collections.abc import Iterator, Mapping
from typing import Any

from newsletter.digest import Digest, Reading, Variant
from newsletter.errors import OperatorError
from newsletter.languages import Language
from newsletter.letters.commands import Commands
from newsletter.letters.environment import environment, templates
from newsletter.letters.inline import inline
from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT
from newsletter.letters.links import Links
from newsletter.letters.plain import body_text
from newsletter.letters.sender import appearance, discreet_subject
from newsletter.publication import Edition, Publication, moved


class SlotInContent(OperatorError):
    """A text holds the very letters that mark where a reader's token goes."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place}: holds the text {LEAVE_SLOT!r} or {PREFERENCES_SLOT!r}, which letters need themselves"
        )


class Draft:
    """A digest in one order of languages and one variant.

    `order` and `languages` are codes: what was asked for, and what a reader will find inside, the main one first;
    `seen` is whom it is from, `links` where it leads.

    Raises
    NoSuchEdition: the edition does not offer that order.
    SlotInContent: a text would be taken for a slot.
    """

    def __init__(
        self,
        digest: Digest,
        publication: Publication,
        edition: Edition,
        order: tuple[Language, ...],
        variant: Variant,
    ) -> None:
        self._own = publication.base_url
        self._discreet = variant is Variant.DISCREET
        if self._discreet:
            publication = publication.discreetly()
        order = edition.order(tuple(item.code for item in order))
        main = order[0]
        reading = digest.read_in(order)
        for place, text in _texts(reading, publication, main):
            if LEAVE_SLOT in text or PREFERENCES_SLOT in text:
                raise SlotInContent(place)
        self.seen = appearance(publication, edition, main, variant)
        self.links = Links(self.seen.base_url, main, digest.week)
        self.order = tuple(item.code for item in order)
        self.languages = tuple(dict.fromkeys([main.code, *(entry.language.code for entry in reading.entries)]))
        self._mails = environment(templates("email"), main)
        self._context: Mapping[str, Any] = {
            "publication": publication,
            "reading": reading,
            "links": self.links,
            "commands": Commands.at(self.seen),
            "discreet": self._discreet,
            "discreet_subject": discreet_subject(publication, main, digest.week),
        }

    def subject(self) -> str:
        """Return the subject."""
        return self._mails.get_template("digest/subject.txt").render(self._context).strip()

    def text(self, kind: str) -> str:
        """Return the text of a kind of mail, by its folder."""
        text = self._mails.get_template(f"{kind}/body.txt").render(self._context)
        # Commentaries may link to each other under the publication's own host; a full letter keeps them as they are.
        return moved(text, self._own, self.seen.base_url)

    def html(self, kind: str) -> str | None:
        """Return the HTML, as `text` does; a discreet mail has none."""
        if self._discreet:
            return None
        return inline(self._mails.get_template(f"{kind}/body.html").render(self._context))


def _texts(reading: Reading, publication: Publication, main: Language) -> Iterator[tuple[str, str]]:
    """Give every text that comes from outside, with its place.  Bodies as read: `slot*leave*…` spells it as well."""
    yield "publication", f"{publication.name[main.code]}\n{publication.description[main.code]}\n{publication.base_url}"
    for entry in reading.entries:
        place = f"{reading.week}/{entry.commentary.slug}.{entry.language}"
        text = entry.text
        yield place, "\n".join([entry.commentary.slug, text.headline, text.standfirst, text.author or ""])
        yield place, text.body
        yield place, body_text(text.body)
