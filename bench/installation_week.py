"""A week for benches: as many commentaries, loaded and written as real ones are, as make the letter long enough."""

from math import ceil

from newsletter import editing, publishing
from newsletter.digest import Commentary, Outlook, Translation, Variant
from newsletter.letters import Addressee, Letter, compile_letter, write
from newsletter.runtime import Runtime
from newsletter.tokens import LENGTH
from newsletter.weeks import Week

WEEK = Week(2019, 41)
EDITION = "en"
HTML_BYTES = 60_000
"""Before it is encoded.  Commentaries as short as these leave some 8 KB of text beside that."""

BODY = "- *Who* comes?\n- *When*?\n- *Where*?\n"


def load_week(here: Runtime) -> None:
    """Load as many commentaries as make the letter's HTML as long as it should be."""
    number = 10
    while (missing := HTML_BYTES - _load(here, number)) > 0:
        number += ceil(missing / (HTML_BYTES - missing) * number)  # too few: what all share counts for each


def _load(here: Runtime, number: int) -> int:
    with here.database.transaction() as session:
        editing.load(session, {WEEK: [_commentary(here, place) for place in range(number)]})
    return letter_of(here).bytes_html


def letter_of(here: Runtime) -> Letter:
    """Return the week's letter."""
    with here.database.reading() as session:
        digest = publishing.digest_to_show(session, here.publication, WEEK)
    edition = here.publication.edition(EDITION)
    return write(digest, here.publication, edition, edition.languages, Variant.FULL)


def message_of(here: Runtime) -> tuple[bytes, ...]:
    """Return the letter as one made-up reader gets it, in the pieces that the transport is given."""
    made_up = Addressee("reader@example.org", "x" * LENGTH, "x" * LENGTH, "x" * 32, here.clock())
    return compile_letter(letter_of(here)).address(made_up)


def _commentary(here: Runtime, place: int) -> Commentary:
    sections = here.publication.sections
    return Commentary(
        slug=f"commentary-{place}",
        section=sections[place % len(sections)].code,
        position=place,
        outlook=list(Outlook)[place % len(Outlook)],
        translations={EDITION: Translation(f"The {place + 1}. commentary of the week", "What to watch.", BODY)},
    )
