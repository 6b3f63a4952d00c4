"""Which weeks the pages show, in which language they read them, and where their links begin."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from newsletter.languages import language
from newsletter.publication import load_publication
from newsletter.runtime import Runtime
from newsletter.web.reading.published import order_of
from tests.servers.pages import SEEDS, Pages, load_seeds, runtime_at

COMMENTARY = """\
---
outlook: worse
headline: "{headline}"
standfirst: Short.
---

A paragraph with <script>alert(1)</script> and a [link](https://example.org/?a=1&b=2).
"""


@pytest.fixture
def early(database_url: str, tmp_path: Path) -> Iterator[Pages]:
    """A service that was set up in the middle of 2019-W41: that week is loaded, and not sent yet."""
    runtime = runtime_at(database_url, tmp_path, now=datetime(2019, 10, 10, 9, tzinfo=UTC))
    load_seeds(runtime)
    with Pages(runtime) as running:
        yield running


def test_a_week_that_has_not_been_sent_is_nowhere(early: Pages) -> None:
    for path in ("/be/2019-W41", "/be/2019-W41/arms-industry", "/en/2019-W41/language-of-official-news"):
        assert early.ask(path).status == 404
    for path in ("/be/", "/ru/archive", "/en/sections/security", "/be/2019-W12"):
        answer = early.ask(path)
        assert answer.status == 200
        assert "2019-W41" not in answer.text
    assert "/be/2019-W12" in early.ask("/be/").text


def test_before_anything_is_published_the_pages_say_so(pages: Pages) -> None:
    for path in ("/be/", "/be/archive", "/be/sections/security", "/be/sections/general"):
        answer = pages.ask(path)
        assert answer.status == 200
        assert "Пакуль нічога не апублікавана." in answer.text
    assert pages.ask("/be/2019-W41").status == 404
    assert pages.ask("/be/sections/no-such").status == 404


@pytest.fixture
def foreign(database_url: str, tmp_path: Path) -> Iterator[Pages]:
    """One week of which only English readers have anything."""
    folder = tmp_path / "commentaries" / "2019-W20" / "security"
    folder.mkdir(parents=True)
    (folder / "alone.en.md").write_text(COMMENTARY.format(headline="<b>Bold</b> & 'quoted'"))
    runtime = runtime_at(database_url, tmp_path)
    load_seeds(runtime, tmp_path)
    with Pages(runtime) as running:
        yield running


def test_a_week_without_a_text_for_a_language_is_listed_with_where_to_read_it(foreign: Pages) -> None:
    line = html.document_fromstring(foreign.ask("/be/archive").text).cssselect(".year li")[0]
    assert "Недаступна на гэтай мове. На іншых мовах: English" in " ".join(str(line.xpath("string()")).split())
    assert [link.get("href") for link in line.cssselect("a")] == ["/en/2019-W20"]
    week = foreign.ask("/be/2019-W20")
    assert (week.status, week.headers["content-language"]) == (404, "be")
    assert 'href="/en/2019-W20"' in week.text
    assert "Пакуль нічога не апублікавана." in foreign.ask("/be/").text
    assert 'hreflang="be" href="http' not in foreign.ask("/en/2019-W20").text
    section = html.document_fromstring(foreign.ask("/ru/sections/security").text)
    assert [link.get("href") for link in section.cssselect(".absent a")] == ["/en/2019-W20/alone"]


def without_english(folder: Path) -> Path:
    """Return the sample's file as it is after the publication has dropped English."""
    text = (SEEDS / "publication.toml").read_text()
    blocks = [block for block in text.split("[[editions]]") if 'languages = ["en"]' not in block]
    lines = "[[editions]]".join(blocks).replace('["be", "ru", "en"]', '["be", "ru"]').splitlines()
    path = folder / "publication.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith("en = ")))
    return path


def test_what_was_written_in_a_language_that_was_dropped_since_breaks_no_page(foreign: Pages, tmp_path: Path) -> None:
    here = foreign.runtime
    smaller = Runtime(here.settings.model_copy(update={"publication": without_english(tmp_path)}), here.clock)
    with Pages(smaller) as pages:
        for path in ("/be/", "/be/archive", "/ru/sections/security", "/be/feed.xml"):
            answer = pages.ask(path)
            assert (answer.status, "alone" in answer.text) == (200, False), path
        for path in ("/be/2019-W20", "/be/2019-W20/alone", "/be/2019-W20.txt", "/en/2019-W20"):
            assert pages.ask(path).status == 404, path


def test_what_was_written_is_text_and_never_markup(foreign: Pages) -> None:
    for path in ("/en/", "/en/2019-W20", "/en/2019-W20/alone", "/en/sections/security", "/ru/2019-W20/alone"):
        text = foreign.ask(path).text
        assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &#39;quoted&#39;" in text
        assert "<script" not in text
        assert "<b>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in foreign.ask("/en/2019-W20/alone").text


def test_a_publication_below_a_path_links_below_it(tmp_path: Path) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path, base_url="https://example.org/week")
    load_seeds(runtime)
    with Pages(runtime) as below:
        assert below.ask("/").headers["location"] == "/week/be/"
        assert below.ask("/ru").headers["location"] == "/week/ru/"
        home = html.document_fromstring(below.ask("/en/").text)
    paths = [str(link.get("href")) for link in home.cssselect("a:not(.skip), link[rel=stylesheet]")]
    assert all(path.startswith("/week/") for path in paths)
    assert home.cssselect('link[hreflang="x-default"]')[0].get("href") == "https://example.org/week/"


def test_a_page_reads_in_the_order_of_the_edition_that_begins_with_its_language() -> None:
    publication = load_publication(SEEDS / "publication.toml")
    be, ru, en = (language(code) for code in ("be", "ru", "en"))
    assert [order_of(publication, item) for item in (be, ru, en)] == [(be, ru), (ru, be), (en,)]
    without = publication.model_copy(update={"editions": publication.editions[:1]})
    assert order_of(without, be) == (be,)
