"""The feed: Atom that any reader takes, as whole as the letter, and cheap to poll."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from newsletter.digest import Commentary, Digest, Entry, Outlook, Reading, Translation
from newsletter.editing import load, read_tree
from newsletter.languages import Language
from newsletter.letters import body_html
from newsletter.letters.links import Links
from newsletter.store.audit import CORRECTED, add_audit
from newsletter.web.reading.feed import FORBIDDEN, NEWEST, Issue, name_of, written
from newsletter.weeks import Week
from tests.servers.pages import NOW, SEEDS, Pages, load_seeds, runtime_at

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TONGUES = [Language(code) for code in ("be", "ru", "en")]
IN_EACH = pytest.mark.parametrize("tongue", TONGUES, ids=str)
OF_FEED = {"id", "title", "subtitle", "updated", "author", "link", "entry"}
OF_ENTRY = {"id", "title", "published", "updated", "link", "content"}


def parsed(octets: bytes) -> etree._Element:
    """Return a feed's root; what RFC 4287 (sections 4.1.1 and 4.1.2) asks of every feed has been found in it."""
    feed = etree.fromstring(octets, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    assert feed.tag == f"{ATOM}feed"
    assert feed.get(LANG)
    assert len(feed.findall(f"{ATOM}author/{ATOM}name")) == 1
    entries = feed.findall(f"{ATOM}entry")
    for element, known in [(feed, OF_FEED), *((entry, OF_ENTRY) for entry in entries)]:
        assert {child.tag.removeprefix(ATOM) for child in element} <= known
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", said(element, "id"))
        assert all(TIME.fullmatch(str(at.text)) for at in element.iter(f"{ATOM}updated", f"{ATOM}published"))
        alternates = [
            (link.get("type"), link.get("hreflang"))
            for link in element.findall(f"{ATOM}link")
            if link.get("rel") == "alternate"
        ]
        assert alternates
        assert len(alternates) == len(set(alternates))
        assert all(re.match("https?://", str(link.get("href"))) for link in element.findall(f"{ATOM}link"))
    ids = [said(element, "id") for element in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    return feed


def said(element: etree._Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def fetched(pages: Pages, code: str) -> etree._Element:
    answer = pages.ask(f"/{code}/feed.xml")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["content-language"] == code
    return parsed(answer.text.encode())


def weeks(feed: etree._Element) -> list[str]:
    """Return the weeks of the entries, as their links name them."""
    return [
        str(link.get("href")).rpartition("/")[2]
        for link in feed.iterfind(f"{ATOM}entry/{ATOM}link")
        if link.get("type") == "text/html"
    ]


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@IN_EACH
def test_a_feed_is_atom_in_its_language_and_knows_where_it_lives(library: Pages, tongue: Language) -> None:
    feed = fetched(library, tongue.code)
    publication = library.runtime.publication
    assert feed.get(LANG) == tongue.code
    assert said(feed, "title") == publication.name[tongue.code]
    assert said(feed, "subtitle") == publication.description[tongue.code]
    home = f"http://pages.test/{tongue}/"
    assert [(link.get("rel"), link.get("href")) for link in feed.findall(f"{ATOM}link")] == [
        ("self", f"{home}feed.xml"),
        ("alternate", home),
    ]
    assert weeks(feed) == ["2019-W41", "2019-W12", "2012-W44"]
    entries = feed.findall(f"{ATOM}entry")
    assert [said(entry, "title") for entry in entries] == [Week.parse(week).written(tongue) for week in weeks(feed)]
    # History went out at the publication's hour: Monday, 8:00 in Minsk.
    assert (
        said(entries[0], "published") == said(entries[0], "updated") == said(feed, "updated") == "2019-10-14T05:00:00Z"
    )
    for link in feed.iterfind(f"{ATOM}entry/{ATOM}link"):
        answer = library.ask(str(link.get("href")).removeprefix("http://pages.test"))
        assert (answer.status, answer.headers["content-type"]) == (200, f"{link.get('type')}; charset=utf-8")


@IN_EACH
def test_an_entry_says_everything_that_the_letter_says(library: Pages, tongue: Language) -> None:
    entry = fetched(library, tongue.code).findall(f"{ATOM}entry")[0]
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    told = html.fragment_fromstring(content.text or "", create_parent="div")
    page: html.HtmlElement = html.document_fromstring(library.ask(f"/{tongue}/2019-W41").text)
    articles = page.cssselect("article")
    assert len(articles) > 5
    text = flat(told.text_content())
    for article in articles:
        for part in article.cssselect(".kicker a, .outlook, h2, .standfirst, .byline span, .text"):
            assert flat(part.text_content()) in text
    for name in page.cssselect(".board .section, .omitted .headline"):
        assert flat(name.text_content()) in text
    assert {link.get("href").split(":")[0] for link in told.cssselect("a")} <= {"http", "https", "mailto"}
    assert not told.cssselect("[class], [id], [style], img, script")
    shown = {element.get("lang") for element in page.cssselect("main [lang]")}
    assert {element.get("lang") for element in told.cssselect("[lang]")} == shown


def test_who_has_the_feed_already_is_told_so_without_it(library: Pages) -> None:
    first = library.ask("/be/feed.xml")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = library.ask("/be/feed.xml", headers={"If-None-Match": known})
        assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", tag)
        assert answer.headers["cache-control"] == first.headers["cache-control"]
        assert "content-type" not in answer.headers
    for known in ('"other"', tag.strip('"'), ""):
        assert library.ask("/be/feed.xml", headers={"If-None-Match": known}).status == 200
    assert library.ask("/ru/feed.xml", headers={"If-None-Match": tag}).status == 200
    head = library.ask("/be/feed.xml", method="HEAD")
    assert (head.status, head.text, head.headers["etag"]) == (200, "", tag)
    assert head.headers["content-length"] == first.headers["content-length"] == str(len(first.text.encode()))


def test_before_anything_is_published_the_feed_is_empty_and_still_a_feed(pages: Pages) -> None:
    feed = fetched(pages, "be")
    assert weeks(feed) == []
    assert said(feed, "updated") == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"  # when the service was set up


def test_a_week_that_has_not_been_sent_is_not_in_it(database_url: str, tmp_path: Path) -> None:
    runtime = runtime_at(database_url, tmp_path, now=datetime(2019, 10, 10, 9, tzinfo=UTC))
    load_seeds(runtime)
    with Pages(runtime) as early:
        assert weeks(fetched(early, "be")) == ["2019-W12", "2012-W44"]


def test_an_issue_that_was_mended_says_when_and_makes_the_feed_new(pages: Pages) -> None:
    load_seeds(pages.runtime)
    before = pages.ask("/be/feed.xml")
    mended = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
    with pages.runtime.database.transaction() as session:
        for at, week in ((mended - timedelta(days=1), "2019-W12"), (mended, "2019-W12"), (mended, "2001-W01")):
            add_audit(session, now=at, who="test", what=CORRECTED, ref=week)
        add_audit(session, now=mended, who="test", what="digest paused", ref="2019-W41")
    after = pages.ask("/be/feed.xml", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    feed = parsed(after.text.encode())
    entries = feed.findall(f"{ATOM}entry")
    assert [said(entry, "updated") for entry in entries] == [
        "2019-10-14T05:00:00Z",
        "2026-11-03T10:00:00Z",
        "2012-11-05T05:00:00Z",
    ]
    assert said(entries[1], "published") == "2019-03-25T05:00:00Z"
    assert said(feed, "updated") == "2026-11-03T10:00:00Z"
    old = parsed(before.text.encode()).findall(f"{ATOM}entry")
    assert [said(entry, "id") for entry in entries] == [said(entry, "id") for entry in old]


@pytest.fixture
def many(pages: Pages) -> Pages:
    """Thirty weeks: all in Belarusian but the newest, which only English readers can read."""
    publication = pages.runtime.publication
    sample = read_tree(SEEDS, publication)[Week(2019, 41)][0]
    alone = Commentary("alone", "security", 0, Outlook.WORSE, {"en": sample.translations["en"]})
    with pages.runtime.database.transaction() as session:
        load(session, {Week(2020, number): [sample] for number in range(1, 30)} | {Week(2020, 30): [alone]})
    return pages


def test_it_holds_the_newest_that_its_language_reads(many: Pages) -> None:
    assert NEWEST == 20
    assert weeks(fetched(many, "be")) == [f"2020-W{number:02}" for number in range(29, 9, -1)]
    assert weeks(fetched(many, "en"))[:2] == ["2020-W30", "2020-W29"]


def test_ids_outlive_a_change_of_host_and_differ_by_language_and_week(library: Pages) -> None:
    publication = library.runtime.publication
    moved = publication.model_copy(update={"base_url": "https://mirror.example.net"})
    names = ["be", "ru", "be/2019-W41", "ru/2019-W41", "be/2019-W40"]
    assert [name_of(moved, name) for name in names] == [name_of(publication, name) for name in names]
    assert len({name_of(publication, name) for name in names}) == len(names)
    # Written down, so that no change of the code makes readers see every issue as new.
    assert name_of(publication, "be/2019-W41") == "urn:uuid:da7f07fe-376e-584c-ade4-3fdcfeec607e"


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
CONTROLS = st.sampled_from(["\x00", "\x0b\x1b", "\ufffe\uffff", "]]>", "<![CDATA[", "&#0;", "\x85\u2028", "<b>&amp;"])
TEXTS = st.one_of(ANYTHING, CONTROLS)


@settings(max_examples=200, deadline=None)
@given(headline=TEXTS, standfirst=TEXTS, body=TEXTS, author=TEXTS, name=TEXTS)
def test_whatever_is_in_the_texts_the_feed_can_be_read(
    library: Pages, headline: str, standfirst: str, body: str, author: str, name: str
) -> None:
    publication = library.runtime.publication.model_copy(update={"name": dict.fromkeys(("be", "ru", "en"), name)})
    translation = Translation(headline, standfirst, body, author)
    week, order = Week(2019, 41), (Language("be"), Language("ru"))
    read = Commentary("slug", None, 0, Outlook.BETTER, {"ru": translation})
    missed = Commentary("missed", None, 1, Outlook.WORSE, {"en": translation})
    reading: Reading = Digest(week, (read, missed)).read_in(order)
    absent = ((Entry(missed, Language("en"), fallback=True),),)
    at = "2019-10-14T05:00:00Z"
    links = Links(publication.base_url, order[0], week)
    issue = Issue(name_of(publication, "be/2019-W41"), at, at, reading, links, absent)

    text = written(publication, library.runtime.settings.templates, order[0], [issue], since=NOW)
    feed = parsed(text.encode())

    def shown(word: str) -> str:
        # XML has one line end, HTML one kind of blank; neither has a NUL.
        return flat(FORBIDDEN.sub("", word))

    assert flat(said(feed, "title")) == shown(name)
    content = feed.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<script" not in content
    assert flat(FORBIDDEN.sub("", str(body_html(body, 3)))) in flat(content)
    told = html.fragment_fromstring(content, create_parent="div")
    assert [flat(link.text_content()) for link in told.cssselect("h2 a")] == [shown(headline)]
    assert [flat(words.text_content()) for words in told.cssselect("li span")] == [shown(headline)]
