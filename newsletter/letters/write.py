"""Write a letter: a digest in the templates and words of one edition, order and variant."""

from collections.abc import Iterator

from newsletter.digest import Digest, Reading, Variant
from newsletter.errors import OperatorError
from newsletter.languages import Language
from newsletter.letters.environment import environment, templates
from newsletter.letters.headblock import list_headers
from newsletter.letters.inline import inline
from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT, Letter
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


def write(
    digest: Digest,
    publication: Publication,
    edition: Edition,
    order: tuple[Language, ...],
    variant: Variant,
    *,
    test: bool = False,
) -> Letter:
    """Return the letter; the same arguments give the same letter, octet by octet.

    `test` marks the subject, nothing else.

    Raises
    NoSuchEdition: the edition does not offer that order.
    SlotInContent: a text would be taken for a slot.
    """
    own = publication.base_url
    if variant is Variant.DISCREET:
        publication = publication.discreetly()
    order = edition.order(tuple(item.code for item in order))
    main = order[0]
    reading = digest.read_in(order)
    for place, text in _texts(reading, publication, main):
        if LEAVE_SLOT in text or PREFERENCES_SLOT in text:
            raise SlotInContent(place)
    seen = appearance(publication, edition, main, variant)
    links = Links(seen.base_url, main, digest.week)
    words = environment(templates("email"), main)
    context = {
        "publication": publication,
        "reading": reading,
        "links": links,
        "discreet": variant is Variant.DISCREET,
        "discreet_subject": discreet_subject(publication, main, digest.week),
    }
    subject = words.get_template("digest/subject.txt").render(context).strip()
    if test:
        subject = f"[test] {subject}"
    html = None if context["discreet"] else inline(words.get_template("digest/body.html").render(context))
    languages = tuple(dict.fromkeys([main.code, *(entry.language.code for entry in reading.entries)]))
    return Letter(
        edition=edition.code,
        languages=tuple(item.code for item in order),
        variant=variant.value,
        subject=subject,
        sender=seen.address,
        headers=list_headers(seen, links, subject, languages),
        leave_url=links.leave_page,
        # Commentaries may link to each other under the publication's own host; a full letter keeps them as they are.
        text=moved(words.get_template("digest/body.txt").render(context), own, seen.base_url),
        html=html,
    )


def _texts(reading: Reading, publication: Publication, main: Language) -> Iterator[tuple[str, str]]:
    """Give every text that comes from outside, with its place.  Bodies as read: `slot*leave*…` spells it as well."""
    yield "publication", f"{publication.name[main.code]}\n{publication.description[main.code]}\n{publication.base_url}"
    for entry in reading.entries:
        place = f"{reading.week}/{entry.commentary.slug}.{entry.language}"
        text = entry.text
        yield place, "\n".join([entry.commentary.slug, text.headline, text.standfirst, text.author or ""])
        yield place, text.body
        yield place, body_text(text.body)
