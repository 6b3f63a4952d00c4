"""Languages: those we have words for, and which one a visitor reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.languages import Language, UnknownLanguage, known, language, negotiate

BE, RU, EN = Language("be"), Language("ru"), Language("en")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "be"),
        ("*", "be"),
        ("pl, de", "be"),
        ("en", "en"),
        ("en-GB,ru;q=0.9", "en"),
        ("ru;q=0.5, en;q=0.7", "en"),
        ("be;q=0, ru", "ru"),
        ("EN", "en"),
        ("ru;q=nonsense, en;q=0.1", "en"),
        ("ru;q=2, en;q=0.1", "en"),
        ("ru;q=nan, en;q=0.1", "en"),
        ("en;q=0.5,ru;q=0.5", "en"),
        (",,;;q=,", "be"),
    ],
)
def test_a_visitor_reads_the_language_liked_best_else_the_first(header: str, code: str) -> None:
    assert negotiate(header, [BE, RU, EN]).code == code


@given(st.text())
def test_any_header_gets_a_language_that_is_offered(header: str) -> None:
    assert negotiate(header, [RU, EN]) in (RU, EN)


def test_only_languages_with_a_catalogue_are_known() -> None:
    assert set(known()) >= {"be", "ru", "en"}
    for code in ("de", "be_BY", "BE", "", "../en"):
        with pytest.raises(UnknownLanguage, match="there are catalogues for be, en, ru"):
            language(code)


@pytest.mark.parametrize(("code", "name"), [("be", "Беларуская"), ("ru", "Русский"), ("en", "English")])
def test_a_language_is_named_in_itself(code: str, name: str) -> None:
    assert language(code).autonym == name
