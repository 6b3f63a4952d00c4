"""Templates of any folder in the words of any language."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from newsletter.digest import Outlook
from newsletter.letters import environment
from tests.letters import sample
from tests.letters.sample import BE, EN, RU


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(
        "{{ name }}|{{ outlook | label }}|{{ gettext('Unsubscribe') }}|{{ section | section_name(publication) }}"
    )
    (tmp_path / "mail.txt").write_text("{{ name }}")
    (tmp_path / "feed.xml").write_text("{{ name }}")
    return tmp_path


def test_words_and_filters_are_the_language_s_own(folder: Path) -> None:
    shown = [
        environment(folder, language)
        .get_template("page.html")
        .render(name="<b>", outlook=Outlook.BETTER, section="west", publication=sample.publication())
        for language in (BE, RU, EN)
    ]
    assert shown == [
        "&lt;b&gt;|лепш|Адпісацца|Захад",
        "&lt;b&gt;|лучше|Отписаться|Запад",
        "&lt;b&gt;|better|Unsubscribe|The West",
    ]


def test_a_general_commentary_and_one_of_a_dropped_section_have_a_name(folder: Path) -> None:
    section_name = environment(folder, BE).filters["section_name"]
    assert section_name(None, sample.publication()) == "Агульнае"
    assert section_name("dropped", sample.publication()) == "dropped"


def test_text_is_not_escaped_and_a_missing_name_is_an_error(folder: Path) -> None:
    mails = environment(folder, EN)
    assert mails is environment(folder, EN)
    assert mails.get_template("mail.txt").render(name="a & b") == "a & b"
    assert mails.get_template("feed.xml").render(name="a & b") == "a &amp; b"
    with pytest.raises(UndefinedError):
        mails.get_template("mail.txt").render()


def test_languages_are_named_in_the_reader_s(folder: Path) -> None:
    assert environment(folder, BE).filters["language_name"](RU) == "руская"
    assert environment(folder, EN).filters["language_name"](BE) == "Belarusian"
