"""A week as plain text: what the text part of the letter says, and nothing of a reader's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.digest import Variant, in_order
from newsletter.editing import read_tree
from newsletter.languages import Language
from newsletter.letters import LEAVE_SLOT, PREFERENCES_SLOT, write
from newsletter.web.reading.published import order_of
from newsletter.weeks import Week
from tests.servers.pages import SEEDS, Pages, load_seeds, runtime_at

WEEK = Week(2019, 41)
RULE = "-" * 72
TONGUES = [Language(code) for code in ("be", "ru", "en")]
IN_EACH = pytest.mark.parametrize("tongue", TONGUES, ids=str)


def letter_text(library: Pages, tongue: Language) -> str:
    """Return the text part of the week's letter that begins with a language."""
    publication = library.runtime.publication
    digest = in_order(WEEK, read_tree(SEEDS, publication)[WEEK], [section.code for section in publication.sections])
    order = order_of(publication, tongue)
    edition = next(edition for edition in publication.editions if order in edition.orders)
    return write(digest, publication, edition, order, Variant.FULL).text


@IN_EACH
def test_the_text_is_the_letter_s_without_a_reader_s_links(library: Pages, tongue: Language) -> None:
    answer = library.ask(f"/{tongue}/2019-W41.txt")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.headers["content-language"] == tongue.code
    letter = letter_text(library, tongue)
    name = library.runtime.publication.name[tongue.code].upper()
    issue = letter[letter.index(name) : letter.rindex(RULE)]
    assert issue.count(RULE) > 5
    assert answer.text.startswith(issue)
    assert f"http://pages.test/{tongue}/2019-W41\n" in answer.text.removeprefix(issue)
    for personal in (LEAVE_SLOT, PREFERENCES_SLOT, "/leave", "/preferences"):
        assert personal in letter or personal.startswith("/")
        assert personal not in answer.text


def test_what_the_language_cannot_read_is_named_with_where_to_read_it(library: Pages) -> None:
    text = library.ask("/en/2019-W41.txt").text
    assert "NOT AVAILABLE IN THIS LANGUAGE" in text
    assert "\nРусский: http://pages.test/ru/2019-W41/language-of-official-news\n" in text
    assert "NOT AVAILABLE" not in library.ask("/en/2019-W12.txt").text


@IN_EACH
def test_the_week_s_page_leads_to_it(library: Pages, tongue: Language) -> None:
    assert f'href="/{tongue}/2019-W41.txt" type="text/plain"' in library.ask(f"/{tongue}/2019-W41").text


@pytest.mark.parametrize("week", ["2019-W40", "2019-W99", "nothing", "2019-W41.txt", "2019-w41", ""])
def test_a_week_that_does_not_exist_is_not_there(library: Pages, week: str) -> None:
    answer = library.ask(f"/be/{week}.txt")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Такой старонкі няма" in answer.text


@pytest.fixture
def foreign(database_url: str, tmp_path: Path) -> Iterator[Pages]:
    """One week of which only English readers have anything."""
    folder = tmp_path / "commentaries" / "2019-W20" / "security"
    folder.mkdir(parents=True)
    (folder / "alone.en.md").write_text("---\noutlook: worse\nheadline: Alone\nstandfirst: Short.\n---\n\nA <b> & b.\n")
    runtime = runtime_at(database_url, tmp_path)
    load_seeds(runtime, tmp_path)
    with Pages(runtime) as running:
        yield running


def test_a_week_without_a_text_for_a_language_says_where_there_is_one(foreign: Pages) -> None:
    answer = foreign.ask("/be/2019-W20.txt")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'href="/en/2019-W20"' in answer.text
    text = foreign.ask("/en/2019-W20.txt").text
    assert "A <b> & b." in text  # text, so nothing is escaped
    assert foreign.ask("/en/2019-W20.txt", method="HEAD").headers["content-length"] == str(len(text.encode()))
