"""The public pages: what a visitor reads in each language."""

import re

import pytest
from lxml import html

from newsletter.digest import in_order
from newsletter.editing import read_tree
from newsletter.languages import Language, language
from newsletter.letters.environment import label, section_name
from newsletter.web.reading.published import order_of
from newsletter.weeks import Week
from tests.servers.pages import SEEDS, Pages

WEEK = Week(2019, 41)
LANGUAGES = [language(code) for code in ("be", "ru", "en")]
IN_EACH = pytest.mark.parametrize("tongue", LANGUAGES, ids=str)
EVERYWHERE = ["", "archive", "privacy", "sections/security", "sections/general", "2019-W41", "2019-W41/arms-industry"]


def page(library: Pages, path: str, status: int = 200) -> html.HtmlElement:
    answer = library.ask(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return html.document_fromstring(answer.text)


def words(element: html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content())


def first(element: html.HtmlElement, selector: str) -> html.HtmlElement:
    found: html.HtmlElement = element.cssselect(selector)[0]
    return found


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("be-BY,be;q=0.9,en;q=0.5", "be"),
        ("ru", "ru"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("pl", "be"),
        ("", "be"),
    ],
)
def test_the_bare_address_leads_to_the_language_that_the_browser_asks_for(
    library: Pages, asked: str, given: str
) -> None:
    answer = library.ask("/", headers={"Accept-Language": asked})
    assert (answer.status, answer.headers["location"], answer.headers["vary"]) == (
        303,
        f"/{given}/",
        "Accept-Language",
    )


@IN_EACH
def test_the_home_page_says_what_it_is_and_how_the_newest_week_stands(library: Pages, tongue: Language) -> None:
    home = page(library, f"/{tongue}/")
    publication = library.runtime.publication
    assert home.get("lang") == tongue.code
    assert words(first(home, "h1")) == publication.name[tongue.code]
    assert publication.description[tongue.code] in words(home)
    assert WEEK.written(tongue) in home.text_content()
    board = [
        (words(first(line, ".section")), [words(mark) for mark in line.cssselect(".outlook")])
        for line in home.cssselect(".board li")
    ]
    reading = in_order(
        WEEK, read_tree(SEEDS, publication)[WEEK], [section.code for section in publication.sections]
    ).read_in(order_of(publication, tongue))
    assert [name for name, _ in board] == [section_name(mark.section, publication, tongue) for mark in reading.board]
    for (_, shown), mark in zip(board, reading.board, strict=True):
        assert [item.split(" ", 1)[1] for item in shown] == [label(outlook, tongue) for outlook in mark.outlooks]
    assert [len(mark.outlooks) for mark in reading.board].count(2) == 1  # two views of one section are both shown
    assert home.cssselect(f'a.button[href="/{tongue}/2019-W41"]')
    assert home.cssselect(f'a[href="/{tongue}/archive"]')
    assert [form.get("action") for form in home.cssselect("form")] == [f"/{tongue}/subscribe"]


@IN_EACH
def test_a_week_says_everything_that_the_letter_says(library: Pages, tongue: Language) -> None:
    week = page(library, f"/{tongue}/2019-W41")
    publication = library.runtime.publication
    text = words(week)
    reading = in_order(
        WEEK, read_tree(SEEDS, publication)[WEEK], [section.code for section in publication.sections]
    ).read_in(order_of(publication, tongue))
    assert len(week.cssselect("article")) == len(reading.entries) > 5
    for article, entry in zip(week.cssselect("article"), reading.entries, strict=True):
        assert words(first(article, "h2")) == entry.text.headline
        assert entry.text.standfirst in words(article)
        assert (entry.text.author or "") in words(article)
        assert label(entry.commentary.outlook, tongue) in words(first(article, ".outlook"))
        plain = re.sub(r"\]\([^)]*\)|[*_\[>]|^- |^\d\. ", "", entry.text.body, flags=re.MULTILINE)
        for paragraph in plain.split("\n"):
            assert re.sub(r"\s+", " ", paragraph).strip() in words(article)
        foreign = {element.get("lang") for element in article.cssselect("[lang]")}
        assert foreign == ({entry.language.code} if entry.fallback else set())
    for commentary in reading.omitted:
        assert next(iter(commentary.translations.values())).headline in text


def test_a_text_that_is_missing_is_shown_in_the_edition_s_next_language(library: Pages) -> None:
    article = first(page(library, "/be/2019-W41/level-of-talks"), "article")
    assert first(article, "h1").get("lang") == "ru"
    assert first(article, ".text").get("lang") == "ru"
    assert "Мова тэксту: руская" in words(article)
    assert first(article, ".outlook").text_content().endswith("лепш")  # the page's own words stay in its language


def test_what_no_language_of_the_page_has_is_listed_with_where_to_read_it(library: Pages) -> None:
    omitted = first(page(library, "/en/2019-W41"), ".omitted")
    assert "Not available in this language" in words(omitted)
    assert first(omitted, ".headline").get("lang") == "ru"
    links = [(link.get("href"), link.get("hreflang"), link.get("lang")) for link in omitted.cssselect("a")]
    assert links == [("/ru/2019-W41/language-of-official-news", "ru", "ru")]


def test_its_own_address_says_so_too_in_the_language_asked_for(library: Pages) -> None:
    elsewhere = page(library, "/en/2019-W41/language-of-official-news", 404)
    assert words(first(elsewhere, "h1")) == "Not available in this language"
    assert [link.get("href") for link in elsewhere.cssselect("main a")] == [
        "/ru/2019-W41/language-of-official-news",
        "/en/archive",
    ]
    # The switch leads to the commentary where there is one, and stays away from the page that is none.
    assert [link.get("href") for link in elsewhere.cssselect(".languages a")] == [
        "/be/2019-W41/language-of-official-news",
        "/ru/2019-W41/language-of-official-news",
    ]
    here = page(library, "/ru/2019-W41/language-of-official-news")
    assert [link.get("href") for link in here.cssselect(".languages a")] == [
        "/be/2019-W41/language-of-official-news",
        "/en/2019-W41",
    ]


@IN_EACH
@pytest.mark.parametrize("tail", EVERYWHERE)
def test_a_page_knows_itself_in_the_other_languages(library: Pages, tongue: Language, tail: str) -> None:
    found = page(library, f"/{tongue}/{tail}")
    assert found.get("lang") == tongue.code
    alternates = {link.get("hreflang"): link.get("href") for link in found.cssselect("link[rel=alternate][hreflang]")}
    assert alternates == {code: f"http://pages.test/{code}/{tail}" for code in ("be", "ru", "en")} | {
        "x-default": f"http://pages.test/be/{tail}" if tail else "http://pages.test/"
    }
    switch = {link.get("lang"): (words(link), link.get("href")) for link in found.cssselect(".languages a")}
    assert switch == {
        other.code: (other.autonym, f"/{other}/{tail}") for other in LANGUAGES if other.code != tongue.code
    }
    assert words(first(found, ".languages [aria-current]")) == tongue.autonym


@IN_EACH
@pytest.mark.parametrize("tail", EVERYWHERE)
def test_a_feed_reader_finds_the_feed_from_every_page(library: Pages, tongue: Language, tail: str) -> None:
    found = page(library, f"/{tongue}/{tail}")
    (link,) = found.cssselect('link[rel=alternate][type="application/atom+xml"]')
    assert (link.get("href"), link.get("title")) == (
        f"/{tongue}/feed.xml",
        library.runtime.publication.name[tongue.code],
    )
    shown = {link.get("href"): link.get("type") for link in found.cssselect(".foot a")}
    assert shown[f"/{tongue}/feed.xml"] == "application/atom+xml"
    assert f"/{tongue}/privacy" in shown


def test_only_languages_that_the_page_exists_in_are_named_as_its_alternates(library: Pages) -> None:
    found = page(library, "/be/2019-W41/language-of-official-news")
    codes = [link.get("hreflang") for link in found.cssselect("link[rel=alternate][hreflang]")]
    assert codes == ["be", "ru", "x-default"]
    for link in found.cssselect("link[rel=alternate]"):
        assert library.ask(link.get("href").removeprefix("http://pages.test")).status == 200


@IN_EACH
def test_the_archive_lists_all_weeks_newest_first_with_right_plurals(library: Pages, tongue: Language) -> None:
    archive = page(library, f"/{tongue}/archive")
    assert [link.get("href").rpartition("/")[2] for link in archive.cssselect("main li a")] == [
        "2019-W41",
        "2019-W12",
        "2012-W44",
    ]
    counts = [words(line).strip() for line in archive.cssselect(".under")]
    assert (
        counts
        == {
            "be": ["8 каментароў", "5 каментароў", "3 каментары"],
            "ru": ["8 комментариев", "5 комментариев", "3 комментария"],
            "en": ["7 commentaries", "5 commentaries", "3 commentaries"],
        }[tongue.code]
    )
    assert [words(year) for year in archive.cssselect("h2.label")][:2] == ["2019", "2012"]


@IN_EACH
def test_a_section_goes_through_time(library: Pages, tongue: Language) -> None:
    section = page(library, f"/{tongue}/sections/russia")
    assert words(first(section, "h1")) == section_name("russia", library.runtime.publication, tongue)
    assert [link.get("href").split("/", 2)[2] for link in section.cssselect("article h3 a")] == [
        "2019-W41/when-a-deadline-moves",
        "2019-W12/commerce-or-politics",
        "2012-W44/defence-industry-action-plan",
    ]
    assert Week(2012, 44).written(tongue) in section.text_content()


def test_weeks_lead_to_their_neighbours(library: Pages) -> None:
    week = page(library, "/be/2019-W12")
    assert [(link.get("rel"), link.get("href")) for link in week.cssselect(".neighbours a")] == [
        ("prev", "/be/2012-W44"),
        ("next", "/be/2019-W41"),
    ]


def test_every_link_of_ours_leads_somewhere(library: Pages) -> None:
    seen: set[str] = set()
    waiting = [f"/{LANGUAGES[0]}/"]  # from there to the other languages too
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        found = page(library, path)
        anchors = {element.get("id") for element in found.cssselect("[id]")}
        assert len(anchors) == len(found.cssselect("[id]"))
        for link in found.cssselect("a"):
            address, _, anchor = link.get("href").partition("#")
            assert not anchor or address or anchor in anchors
            if address.startswith("/") and link.get("type"):
                answer = library.ask(address)
                assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, link.get("type"))
            elif address.startswith("/"):
                waiting.append(address)
    assert {f"/{tongue}/" for tongue in LANGUAGES} < seen
    assert len(seen) > 80, len(seen)


@pytest.mark.parametrize("path", ["/be/2019-W41", "/ru/", "/", "/healthz", "/en/archive", "/be/nothing"])
def test_head_tells_what_get_would(library: Pages, path: str) -> None:
    got, told = library.ask(path), library.ask(path, method="HEAD")
    assert told.status == got.status
    assert told.text == ""
    ours = {name: value for name, value in got.headers.items() if name != "date"}
    assert {name: value for name, value in told.headers.items() if name != "date"} == ours


@pytest.mark.parametrize(
    ("path", "asked", "title"),
    [
        ("/be/nothing", "en", "Такой старонкі няма"),
        ("/ru/2019-W40", "en", "Такой страницы нет"),
        ("/en/2019-W41/nothing", "be", "There is no such page"),
        ("/en/sections/nothing", "be", "There is no such page"),
        ("/nothing", "ru", "Такой страницы нет"),
        ("/pl/", "en", "There is no such page"),
    ],
)
def test_what_is_not_there_is_said_kindly_in_the_right_language(
    library: Pages, path: str, asked: str, title: str
) -> None:
    answer = library.ask(path, headers={"Accept-Language": asked})
    assert answer.status == 404
    lost = html.document_fromstring(answer.text)
    assert words(first(lost, "h1")) == title
    assert not lost.cssselect("link[rel=alternate]")
    assert answer.headers["vary"] == "Accept-Language"


def test_the_style_sheet_is_all_that_a_page_loads(library: Pages) -> None:
    text = library.ask("/be/2019-W41").text
    found = html.document_fromstring(text)
    loaded = [
        str(element.get("src") or element.get("href")) for element in found.cssselect("[src], link[rel=stylesheet]")
    ]
    assert [re.sub("[0-9a-f]{12}", "…", path) for path in loaded] == ["/static/style.….css"]
    assert not found.cssselect("script, style, img, [style]")
    style = library.ask(loaded[0])
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in style.headers["cache-control"]
    assert "url(" not in style.text
    assert "@import" not in style.text
