"""The privacy page: true in its numbers, the same in every language; and what search engines are to leave alone."""

import re
import shutil
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from lxml import html

from newsletter.languages import Language
from newsletter.letters import templates
from newsletter.settings import Settings
from newsletter.store.note_retention import NOTE_DAYS
from newsletter.store.received import KEPT, REVIEW_KEPT
from newsletter.subscribing import ACCESS_HOURS, ASKING_DAYS
from newsletter.windows import HOUR
from tests.servers.pages import Pages, runtime_at

TONGUES = [Language(code) for code in ("be", "ru", "en")]
IN_EACH = pytest.mark.parametrize("tongue", TONGUES, ids=str)
TEXTS = templates("web") / "privacy"


def told(library: Pages, tongue: Language) -> html.HtmlElement:
    answer = library.ask(f"/{tongue}/privacy")
    assert answer.status == 200
    return html.document_fromstring(answer.text).cssselect("main .text")[0]


def words(element: html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content())


@IN_EACH
def test_it_gives_the_numbers_that_the_code_keeps_to(library: Pages, tongue: Language) -> None:
    numbers = [int(number) for number in re.findall(r"\d+", words(told(library, tongue)))]
    mail = [KEPT.days, REVIEW_KEPT.days, KEPT.days]
    assert numbers == [ASKING_DAYS, NOTE_DAYS, *mail, HOUR // 3600, ACCESS_HOURS, NOTE_DAYS]


def test_durations_stand_in_the_case_that_their_sentence_asks_for(library: Pages) -> None:
    shown = [words(told(library, tongue)) for tongue in TONGUES]
    for text, durations in zip(
        shown,
        [
            (
                "захоўваюцца 7 дзён",
                "захоўваюцца 31 дзень",
                "не даўжэй за 90 дзён",
                "памятаем 1 гадзіну",
                "дзейнічае 24 гадзіны",
            ),
            ("хранятся 7 дней", "хранятся 31 день", "самое большее 90 дней", "помним 1 час", "действует 24 часа"),
            (
                "kept for 7 days",
                "stay for 31 days",
                "for 90 days at most",
                "remembered for 1 hour",
                "works for 24 hours",
            ),
        ],
        strict=True,
    ):
        for duration in durations:
            assert duration in text


def test_every_language_says_the_same() -> None:
    """The same headings, paragraphs, points, links and numbers, in the same places."""

    def shape(path: Path) -> list[str]:
        source = path.read_text("utf-8")
        return re.findall(r"<(?!/)\w+|\{\{.*?\}\}|\{%.*?%\}", source)

    shapes = {path.stem: shape(path) for path in TEXTS.glob("*.html")}
    assert shapes.keys() == {"be", "ru", "en"}
    assert shapes["be"] == shapes["en"]
    assert shapes["ru"] == shapes["en"]
    assert len(shapes["en"]) > 50


def test_each_is_written_in_its_own_alphabet() -> None:
    for code, foreign in (("be", "иИщЩъЪ"), ("ru", "іІўЎ"), ("en", "аеіо")):
        assert not set((TEXTS / f"{code}.html").read_text("utf-8")) & set(foreign)


@IN_EACH
def test_it_names_what_to_press_as_letters_do(library: Pages, tongue: Language) -> None:
    text = words(told(library, tongue))
    for label in ("Unsubscribe", "Subscription settings"):
        assert tongue.words.gettext(label) in text


@IN_EACH
def test_it_says_whom_to_write_to(library: Pages, tongue: Language) -> None:
    links = [link.get("href") for link in told(library, tongue).cssselect("a")]
    assert links == [f"/{tongue}/archive", f"/{tongue}/feed.xml", "mailto:editors@week.example.org"]
    assert library.runtime.publication.name[tongue.code] in words(told(library, tongue))


def test_a_language_without_a_text_gets_the_publication_s_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TEXTS.parents[1], tmp_path / "templates")
    (tmp_path / "templates" / "web" / "privacy" / "ru.html").unlink()
    monkeypatch.setattr(Settings, "templates", tmp_path / "templates")
    with Pages(runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path)) as pages:
        page = html.document_fromstring(pages.ask("/ru/privacy").text)
        assert page.get("lang") == "ru"
        (text,) = page.cssselect("main .text")
        assert text.get("lang") == "be"
        assert "31 дзень" in words(text)  # its durations too are in the language of the text
        assert text.cssselect('a[href="/ru/archive"]')
        (tmp_path / "templates" / "web" / "privacy" / "be.html").unlink()
        assert 'lang="en"' in pages.ask("/ru/privacy").text


@pytest.mark.parametrize("path", ["", "/week"])
def test_search_engines_are_kept_off_what_a_token_opens(tmp_path: Path, path: str) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path, base_url=f"https://example.org{path}")
    with Pages(runtime) as pages:
        answer = pages.ask("/robots.txt")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    for code in ("be", "ru", "en"):
        for tail in ("leave/abc", "preferences/abc", "confirm/abc", "me/abc"):
            assert not robots.can_fetch("Crawler", f"https://example.org{path}/{code}/{tail}")
        for tail in ("", "archive", "2019-W41", "2019-W41.txt", "feed.xml", "privacy", "2019-W41/me"):
            assert robots.can_fetch("Crawler", f"https://example.org{path}/{code}/{tail}")
