"""What the golden files are made of: the sample week of `seeds/`, one made-up reader, every kind of letter."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from newsletter.digest import Digest, Variant, in_order
from newsletter.editing import read_tree
from newsletter.letters import Letter, compile_letter, write, write_latest, write_notice
from newsletter.publication import Publication, load_publication
from newsletter.weeks import Week
from tests.letters.notes import notes
from tests.letters.sample import addressee

SEEDS = Path(__file__).parents[2] / "seeds"
GOLDEN = Path(__file__).parent / "golden"
WEEK = Week(2019, 41)


@cache
def seeds() -> tuple[Publication, Digest]:
    """Return the sample publication, at a fixed address, and its digest of 2019-W41."""
    publication = load_publication(
        SEEDS / "publication.toml", base_url="https://week.example.org", discreet_base_url="https://letter.example.net"
    )
    commentaries = read_tree(SEEDS, publication)[WEEK]
    return publication, in_order(WEEK, commentaries, [section.code for section in publication.sections])


def letters() -> Iterator[tuple[str, Letter]]:
    """Give every letter of the week by name, the notes that hold it too; one notice; every note to readers."""
    publication, digest = seeds()
    for edition in publication.editions:
        for order in edition.orders:
            for variant in Variant:
                name = "-".join([edition.code, *(item.code for item in order), variant.value])
                yield name, write(digest, publication, edition, order, variant)
                yield f"latest-{name}", write_latest(digest, publication, edition, order, variant)
    facts = {"week": str(WEEK), "text": "due 2019-10-14 08:00 Europe/Minsk"}
    yield "notice-late", write_notice(publication, "late", facts)
    yield from notes(publication)


def files() -> dict[str, str]:
    """Return the golden files by name: the HTML, the text, and the headers as the made-up reader gets them.

    Of the headers of notes only the subjects are kept: all else in them is the same.
    """
    found: dict[str, str] = {}
    subjects: list[str] = []
    for name, letter in letters():
        found[f"{name}.txt"] = letter.text
        if letter.html is not None:
            found[f"{name}.html"] = letter.html
        if name.startswith("note-"):
            subjects.append(f"{name}: {letter.subject}\n")
            continue
        message = b"".join(compile_letter(letter).address(addressee()))
        found[f"{name}.headers"] = message.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n") + "\n"
    return found | {"notes.subjects": "".join(subjects)}
