"""The pages under the neutral host: the same pages, and nothing there names the publication."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html

from newsletter.tokens import Purpose
from tests.servers.pages import Answer, Pages, add_reader, load_seeds, runtime_at

NEUTRAL = "letter.test"
HOST = {"Host": NEUTRAL}
CODES = ("be", "ru", "en")
READ_ALONG = ("feed.xml", "2019-W41.txt", "privacy", "subscribe")
TAILS = (
    "",
    "archive",
    "sections/west",
    "sections/general",
    "2019-W41",
    "2019-W41/arms-industry",
    "2019-W40",
    "no/such",
)
EVERYWHERE = pytest.mark.parametrize("path", [f"/{code}/{tail}" for code in CODES for tail in TAILS])


def telling(pages: Pages) -> list[str]:
    """Return what no page there may hold."""
    publication = pages.runtime.publication
    return [*publication.name.values(), *publication.description.values(), "pages.test", "week.example.org"]


def neutral(pages: Pages, path: str, **asked: str) -> Answer:
    return pages.ask(path, headers=HOST | {key.replace("_", "-"): value for key, value in asked.items()})


def title(answer: Answer) -> str:
    return str(html.document_fromstring(answer.text).findtext(".//title"))


@pytest.mark.parametrize("path", [f"/{code}/{tail}" for code in CODES for tail in (*TAILS, *READ_ALONG)])
def test_no_page_names_the_publication_or_its_host(library: Pages, path: str) -> None:
    answer = neutral(library, path)
    told = answer.text + repr(dict(answer.headers))
    assert [text for text in telling(library) if text.casefold() in told.casefold()] == []
    assert library.runtime.publication.discreet.sender_name[path[1:3]].casefold() in told.casefold()
    at_home = library.ask(path)
    assert answer.status == at_home.status
    assert library.runtime.publication.name[path[1:3]].casefold() in at_home.text.casefold()


@EVERYWHERE
def test_no_page_is_listed_or_tells_of_a_twin(library: Pages, path: str) -> None:
    answer = neutral(library, path)
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    found = html.document_fromstring(answer.text)
    assert not found.xpath("//link[@rel='alternate' or @rel='canonical'] | //meta[@name='description']")
    assert "noindex, nofollow" not in library.ask(path).headers.get("x-robots-tag", "")


@pytest.mark.parametrize("path", ["/", "/be", "/healthz", "/robots.txt", "/static/none.css", "/en/none"])
def test_nothing_else_is_listed_either(library: Pages, path: str) -> None:
    answer = neutral(library, path, Accept_Language="ru")
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers.get("location", "/").startswith("/")
    assert [text for text in telling(library) if text in answer.text] == []


def test_every_link_stays_on_the_host_and_leads_somewhere(library: Pages) -> None:
    seen: set[str] = set()
    waiting = [f"/{CODES[0]}/"]  # from there to the other languages too
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = neutral(library, path)
        assert answer.status == 200, path
        if "html" not in answer.headers["content-type"]:
            continue
        for link in html.document_fromstring(answer.text).xpath("//a/@href | //form/@action | //link/@href"):
            target = urljoin(f"http://{NEUTRAL}{path}", str(link)).partition("#")[0]
            if re.search(r"/(article|div)\[", target) or not target.startswith(f"http://{NEUTRAL}/"):
                assert "pages.test" not in target  # a source that a commentary names
            else:
                waiting.append(target.removeprefix(f"http://{NEUTRAL}").partition("?")[0])
    assert {f"/{code}/" for code in CODES} < seen
    assert len(seen) > 60, len(seen)


def test_titles_which_browsers_remember_name_no_subject(library: Pages) -> None:
    publication = library.runtime.publication
    for path in ("/en/2019-W41/arms-industry", "/en/2019-W41"):
        assert title(neutral(library, path)) == "October 7 – October 13, 2019 · Weekly letter"
    for section in publication.sections:
        assert section.name["en"] not in title(neutral(library, f"/en/sections/{section.code}"))
    assert "Weekly letter" not in title(library.ask("/en/2019-W41/arms-industry"))


@pytest.mark.parametrize(
    "host", ["letter.test", "LETTER.test", "letter.test:8443", "letter.test.", "Letter.Test.:80"], ids=str
)
def test_a_host_is_the_same_however_it_is_written(library: Pages, host: str) -> None:
    assert "Weekly letter" in library.ask("/en/", headers={"Host": host}).text


@pytest.mark.parametrize(
    "host", ["pages.test", "x.letter.test", "letter.test.evil", "127.0.0.1", "[", "[::1]:80", "é", ""]
)
def test_any_other_host_shows_the_publication(library: Pages, host: str) -> None:
    answer = library.ask("/en/", headers={"Host": host, "X-Forwarded-Host": NEUTRAL})
    if host not in ("é", ""):  # of these the server itself says no
        assert answer.status == 200
        assert "The Week in Belarus" in answer.text


def test_pages_that_a_token_opens_work_there(pages: Pages) -> None:
    ref = add_reader(pages.runtime, discreet=True)
    settings = neutral(pages, f"/ru/preferences/{pages.token(Purpose.PREFERENCES, ref)}")
    leaving = f"/ru/leave/{pages.token(Purpose.LEAVE, ref)}"
    for answer in (settings, neutral(pages, leaving), neutral(pages, leaving[:-1])):
        assert [text for text in telling(pages) if text in answer.text] == []
        assert "Еженедельное письмо" in answer.text
        assert "Белорусско" not in answer.text  # sections would say what the letter is about
        assert answer.headers["cache-control"] == "no-store"
    assert settings.status == 200
    answer = pages.ask(leaving, method="POST", headers=HOST, form={"List-Unsubscribe": "One-Click"})
    assert (answer.status, answer.headers["x-robots-tag"]) == (200, "noindex, nofollow")
    assert neutral(pages, f"/ru/preferences/{pages.token(Purpose.PREFERENCES, ref)}").status == 404


def test_the_editors_are_written_to_at_the_neutral_address(library: Pages) -> None:
    answer = neutral(library, "/en/leave/none")
    assert re.findall(r"mailto:([^\"]+)", answer.text) == ["post@letter.example.net"]


@pytest.fixture
def below(tmp_path: Path) -> Iterator[Pages]:
    """Both sites below a path of their hosts, each another one."""
    runtime = runtime_at(
        f"sqlite:///{tmp_path / 'n.sqlite'}",
        tmp_path,
        base_url="https://example.org/week",
        discreet_base_url="https://letter.test/post",
    )
    with Pages(runtime) as running:
        yield running


def test_each_host_has_its_own_path(below: Pages) -> None:
    assert neutral(below, "/", Accept_Language="en").headers["location"] == "/post/en/"
    assert below.ask("/", headers={"Accept-Language": "en"}).headers["location"] == "/week/en/"
    assert set(re.findall(r'(?:href|action)="(/[^/]*)/', neutral(below, "/en/archive").text)) == {"/post"}


def test_commentaries_lead_to_each_other_under_the_neutral_host(tmp_path: Path) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path, base_url="https://pages.test")
    folder = tmp_path / "commentaries" / "2019-W41" / "general"
    folder.mkdir(parents=True)
    front = "---\nheadline: One\nstandfirst: Two\noutlook: better\n---\n\n"
    (folder / "one.en.md").write_text(f"{front}[Before](https://pages.test/en/2019-W12), https://pages.test.org/\n")
    load_seeds(runtime, tmp_path)
    with Pages(runtime) as pages:
        text = neutral(pages, "/en/2019-W41/one").text
        assert 'href="http://letter.test/en/2019-W12"' in text
        assert "https://pages.test/" not in text
        assert 'href="https://pages.test/en/2019-W12"' in pages.ask("/en/2019-W41/one").text


def test_without_a_host_of_its_own_everything_is_the_publication_s(tmp_path: Path) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path, discreet_base_url="http://PAGES.test:81")
    assert runtime.publication.neutral_host is None
    with Pages(runtime) as pages:
        assert "The Week in Belarus" in pages.ask("/en/", headers={"Host": "pages.test:81"}).text
