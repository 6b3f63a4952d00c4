"""Catalogues: every word in every language, every plural form, nothing fuzzy, nothing left over.

To bring them up to date, with the mapping in `newsletter/locale/babel.cfg`:
    pybabel extract -F newsletter/locale/babel.cfg --no-location --omit-header -o messages.pot .
    pybabel update --no-fuzzy-matching --ignore-obsolete -i messages.pot -o newsletter/locale/be.po -l be
"""

from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from newsletter.languages import LOCALE, known, language

ROOT = Path(__file__).parents[2]


@cache
def extracted() -> dict[tuple[str | None, str], Message]:
    """Return every message of code and templates, by context and text."""
    catalog = Catalog()
    with (LOCALE / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    for folder in ("newsletter", "templates"):
        ours = [(pattern, method) for pattern, method in methods if pattern.startswith(folder)]
        relative = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in ours]
        for _, _, message, _, context in extract_from_dir(str(ROOT / folder), relative, options):
            catalog.add(message, context=context)
    return {key(message): message for message in catalog if message.id}


def key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def read(code: str) -> Catalog:
    with (LOCALE / f"{code}.po").open("rb") as source:
        return read_po(source, locale=code, abort_invalid=True)


def test_there_is_something_to_translate() -> None:
    assert ("outlook", "better") in extracted()
    assert (None, "Unsubscribe") in extracted()
    assert (None, "nothing to send") in extracted()


@pytest.mark.parametrize("code", known())
def test_a_catalogue_has_every_text_filled_and_none_left_over(code: str) -> None:
    catalog = read(code)
    messages = {key(message): message for message in catalog if message.id}
    assert sorted(map(str, extracted().keys() - messages.keys())) == []
    assert sorted(map(str, messages.keys() - extracted().keys())) == []
    assert not catalog.obsolete
    for message in messages.values():
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        plural = not isinstance(message.id, str)
        assert len(forms) == (catalog.num_plurals if plural else 1), message.id
        assert plural == (not isinstance(extracted()[key(message)].id, str)), message.id
        assert all(form.strip() for form in forms), message.id
        assert not message.fuzzy, message.id
        assert [str(error) for error in message.check(catalog)] == []


@pytest.mark.parametrize("code", known())
def test_plural_forms_are_the_language_s_own(code: str) -> None:
    forms = {1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 14: 2, 21: 0, 22: 1, 25: 2, 111: 2, 101: 0}
    words = language(code).words
    one, other = "– and %(num)s more commentary", "– and %(num)s more commentaries"
    catalog = read(code)
    strings = getattr(catalog.get((one, other)), "string", ())
    for number, form in forms.items():
        expected = (0 if number == 1 else 1) if code == "en" else form
        assert words.ngettext(one, other, number) == strings[expected]


def test_english_says_what_its_msgid_says() -> None:
    for message in read("en"):
        if message.id:
            assert message.string == (message.id if isinstance(message.id, str) else tuple(message.id))


def test_catalogues_are_written_in_their_own_alphabet() -> None:
    for code, foreign in (("be", "иИщЩъЪ"), ("ru", "іІўЎ")):
        for message in read(code):
            if message.id:
                assert not set("".join(message.string or "")) & set(foreign), message.string
