"""Notes to readers: short, true to their variant, made of our words alone, and nobody's list mail."""

import email
import email.policy
import re
from email.message import EmailMessage
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.letters import Letter, compile_letter, write_note
from newsletter.letters.compile import boundary
from newsletter.letters.note import PAGES
from newsletter.notes import LIFE, NoteKind
from newsletter.publication.schedule import WEEKDAYS
from newsletter.tokens import Purpose
from tests.letters import sample, slowly
from tests.letters.golden import seeds
from tests.letters.notes import TOKENS, note, written

NAMES = st.sampled_from(sorted(TOKENS))
LANGUAGES = st.sampled_from([sample.BE, sample.RU, sample.EN])
VARIANTS = st.sampled_from(Variant)
EVERY = [(name, tongue) for name in TOKENS for tongue in (sample.BE, sample.RU, sample.EN)]
ODD = st.one_of(
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), min_size=1),
    st.text("Тыдзень у Беларусі: «ў’і» — ", min_size=1, max_size=200),
    st.sampled_from(
        ["x <evil@example.com>, y", "=?utf-8?q?x?=", '"a" \\', "100% %(name)s", "<b>&amp;", "{{ 7 * 7 }}", "a" * 300]
    ),
).filter(lambda text: text == text.strip() and text)
CODES = ("be", "ru", "en")
LINK = re.compile(r"https?://\S+")
MAILBOX = re.compile(r"\S+@week\.example\.org")
SNIPPET = 140
"""Characters that an inbox list shows of a mail: Gmail and Apple Mail show fewer beside a subject."""


def message(letter: Letter) -> bytes:
    """Return the note as its reader gets it."""
    return b"".join(compile_letter(letter).address(sample.addressee(leave="", preferences="")))


def parsed(letter: Letter) -> EmailMessage:
    found = email.message_from_bytes(message(letter), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize(("name", "tongue"), EVERY)
def test_a_note_is_one_person_s_mail_and_no_list_s(name: str, tongue: Language, variant: Variant) -> None:
    publication = sample.publication()
    letter = note(publication, name, tongue, variant)
    found = parsed(letter)
    assert not [header for header in found if header.startswith("List-") or header in ("Precedence", "Feedback-ID")]
    submitted = "auto-replied" if name == "confirm-reply" else "auto-generated"
    assert (found["Auto-Submitted"], found["Content-Language"]) == (submitted, ", ".join(letter.languages))
    assert letter.languages == (tuple(dict.fromkeys([tongue.code, *CODES])) if name == "help" else (tongue.code,))
    assert found["Subject"] == letter.subject
    assert len(letter.subject) <= 45
    raw = message(letter)
    assert raw.isascii()
    assert len(raw) < 16_000
    assert raw == slowly.build(letter, sample.addressee(leave="", preferences=""), boundary(letter))
    assert letter == note(publication, name, tongue, variant)


@pytest.mark.parametrize(("name", "tongue"), EVERY)
def test_text_and_html_hold_the_same_links_and_words(name: str, tongue: Language) -> None:
    publication = sample.publication()
    letter = note(publication, name, tongue)
    home = f"https://week.example.org/{tongue}"
    wanted = {f"{home}/{PAGES[purpose]}/{token}" for purpose, token in TOKENS[name].items()} | {f"{home}/privacy"}
    if name == "help":
        wanted = {f"https://week.example.org/{code}/{tail}" for code in CODES for tail in ("", "feed.xml")}
    assert set(LINK.findall(letter.text)) == wanted
    page = lxml_html.document_fromstring(letter.html or "")
    links = {link.get("href", "") for link in page.iter("a")}
    assert {link for link in links if not link.startswith("mailto:")} == wanted
    if name != "way-out-unknown":  # where the address stands in the middle of a sentence
        assert {link.removeprefix("mailto:") for link in links - wanted} == set(MAILBOX.findall(letter.text))
    shown = " ".join("".join(str(part) for part in page.itertext()).split())
    for sentence in re.split(r"\n\n|:\n", letter.text.partition("\n")[2].partition("-" * 72)[0]):
        words = " ".join(sentence.split())
        if words and not LINK.search(words) and ": " not in words and words not in INVITES[tongue.code]:
            assert words in shown
    assert publication.name[tongue.code] in shown


INVITES = {
    "be": ("Або адкрыйце спасылку і націсніце кнопку", "Адкрыйце спасылку", "Адкрыйце спасылку і націсніце кнопку"),
    "ru": ("Или откройте ссылку и нажмите кнопку", "Откройте ссылку", "Откройте ссылку и нажмите кнопку"),
    "en": ("Or open this link and press the button", "Open this link", "Open this link and press the button"),
}
"""What stands above a link in the text; in HTML a button says it."""


@pytest.mark.parametrize(("name", "tongue"), EVERY)
def test_one_button_at_most_leads_where_something_is_to_be_done(name: str, tongue: Language) -> None:
    page = lxml_html.document_fromstring(note(sample.publication(), name, tongue).html or "")
    buttons = [link for link in page.iter("a") if link.get("class") == "push"]
    assert len(buttons) == (name not in ("standing", "moved", "welcome", "way-out-unknown", "help"))
    if buttons and name not in ("access", "way-out"):
        assert buttons[0].text == {"be": "Пацвердзіць", "ru": "Подтвердить", "en": "Confirm"}[tongue.code]


@pytest.mark.parametrize(("name", "tongue"), EVERY)
def test_a_discreet_note_shows_nothing_of_the_publication(name: str, tongue: Language) -> None:
    publication, _ = seeds()
    letter = note(publication, name, tongue, Variant.DISCREET)
    found = parsed(letter)
    assert letter.html is None
    assert found.get_content_type() == "text/plain"
    assert letter.sender == publication.discreet.address
    assert found["From"].addresses[0].display_name == publication.discreet.sender_name[tongue.code]
    assert found["Message-ID"].endswith(f"@{letter.sender.partition('@')[2]}>")
    whole = f"{found.as_string()} {letter.subject} {letter.text}".lower()
    for telling in (*publication.name.values(), "week.example.org"):
        assert telling.lower() not in whole
    assert all(link.startswith("https://letter.example.net/") for link in LINK.findall(letter.text))
    edition = publication.edition("be-ru").name[tongue.code]
    for telling in ("https://", edition):
        place = " ".join(letter.text.split()).find(telling)
        assert place == -1 or place > SNIPPET, f"an inbox list would show {telling}"


def test_what_is_confirmed_stands_in_the_note() -> None:
    publication, _ = seeds()
    names = {language.code: publication.edition("be-ru").name[language.code] for language in publication.languages}
    for language in publication.languages:
        assert names[language.code] in note(publication, "confirm", language).text
    turned = note(publication, "confirm", sample.BE, languages="ru be").text
    assert "спачатку руская, потым беларуская" in turned
    assert names["be"] not in turned
    assert "непрыкметны" in note(publication, "confirm", sample.BE, Variant.DISCREET).text


def test_a_discreet_reader_who_asks_for_the_full_letter_is_asked_discreetly() -> None:
    publication, _ = seeds()
    letter = note(publication, "confirm-known", sample.EN, Variant.DISCREET, wanted="full")
    assert letter.html is None
    assert "full – with the name of the publication" in letter.text
    full = note(publication, "confirm-known", sample.EN, Variant.FULL, wanted="discreet")
    assert "discreet – plain text" in full.text


@pytest.mark.parametrize("kind", LIFE)
def test_a_link_s_life_is_told_in_days(kind: NoteKind) -> None:
    days = LIFE[kind].days
    assert LIFE[kind].seconds == 0
    text = note(sample.publication(), kind.value, sample.RU).text
    assert f"Ссылка действует {days} {'день' if days == 1 else 'дней'}." in text


def test_a_note_that_is_not_surely_full_is_discreet() -> None:
    publication = sample.publication()
    for facts in ({}, {"variant": ""}, {"variant": "Full"}, {"variant": "discreet"}):
        letter = write_note(publication, NoteKind.MOVED, sample.EN, facts=facts, tokens={})
        assert (letter.variant, letter.html) == ("discreet", None)


FACTS = st.dictionaries(
    st.sampled_from(["edition", "languages", "variant", "wanted", "known", "coming", "asking", "subscriber", "name"]),
    ODD | st.sampled_from(["be-ru", "en", "be ru", "ru be", "full", "discreet", "yes", ""]),
)


@settings(max_examples=100, deadline=None)
@given(NAMES, FACTS)
def test_no_fact_that_is_not_ours_appears(name: str, facts: dict[str, str]) -> None:
    """Whatever the facts are, the note is one of the few that can be made of our own words."""
    letter = written(sample.publication(), name, sample.BE, facts)
    assert (letter.subject, letter.text, letter.html) in possible(name)


@cache
def possible(name: str) -> set[tuple[str, str, str | None]]:
    """Return every Belarusian note of that name there can be."""
    publication, made = sample.publication(), set()
    for edition, order, variant, wanted, yes in product(
        ("be-ru", "en", ""), ("be ru", "ru be"), Variant, Variant, ("yes", "")
    ):
        facts = {"edition": edition, "languages": order, "variant": variant.value, "wanted": wanted.value}
        letter = written(publication, name, sample.BE, facts | {"known": yes, "coming": yes})
        made.add((letter.subject, letter.text, letter.html))
    return made


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize("name", ["confirm", "confirm-known", "move"])
def test_where_mail_comes_in_a_reply_confirms(name: str, variant: Variant) -> None:
    reads = sample.publication(mail_in=True)
    asked, told = (parsed(note(publication, name, sample.RU, variant)) for publication in (reads, sample.publication()))
    token = TOKENS[name][Purpose.CONFIRM]
    domain = "week.example.org" if variant is Variant.FULL else "neutral.example.net"
    assert asked["Reply-To"] == f"confirm+{token}@{domain}"
    assert told["Reply-To"] == ("editors@week.example.org" if variant is Variant.FULL else None)
    for found, replies in ((asked, True), (told, False)):
        parts = [part for part in found.walk() if not part.is_multipart()]
        assert len(parts) == (2 if variant is Variant.FULL else 1)
        for part in parts:
            assert ("просто ответьте на это письмо" in " ".join(part.get_content().split())) is replies


@pytest.mark.parametrize("name", ["standing", "access", "moved", "welcome", "way-out", "help"])
def test_a_reply_to_any_other_note_goes_where_it_always_went(name: str) -> None:
    letter = note(sample.publication(mail_in=True), name, sample.EN)
    assert parsed(letter)["Reply-To"] == "editors@week.example.org"


@pytest.mark.parametrize("variant", Variant)
def test_who_wants_to_leave_may_do_so_by_mail_too(variant: Variant) -> None:
    letter = note(sample.publication(), "way-out", sample.BE, variant)
    domain = letter.sender_domain
    token = TOKENS["way-out"][Purpose.LEAVE]
    assert f"\nleave+{token}@{domain}\n" in letter.text
    assert letter.html is None or f'href="mailto:leave+{token}@{domain}"' in letter.html
    unknown = note(sample.publication(), "way-out-unknown", sample.BE, variant)
    assert f"unsubscribe@{domain} " in " ".join(unknown.text.split())
    assert "leave+" not in unknown.text


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_who_is_welcomed_learns_when_letters_come(weekday: str) -> None:
    publication = sample.publication(schedule={"weekday": weekday, "time": "08:00", "of": "next"})
    text = note(publication, "welcome", sample.EN).text
    assert f"once a week, on {weekday.capitalize()}s." in " ".join(text.split())
    assert "already" not in text
    assert "is on its way to you already" in " ".join(
        note(publication, "welcome", sample.EN, coming="yes").text.split()
    )


def test_help_comes_in_the_language_of_who_asked_first() -> None:
    text = note(sample.publication(), "help", sample.RU).text
    places = [text.index(f"subscribe-{code}@week.example.org\n") for code in ("ru", "be", "en")]
    assert places == sorted(places)
    assert "editors@week.example.org" in text
    plain = sample.publication(sender={"address": "digest@week.example.org"})
    assert "Если есть вопрос, просто ответьте на это письмо." in " ".join(note(plain, "help", sample.RU).text.split())


def test_an_answer_says_that_nobody_wrote_it() -> None:
    for name in TOKENS:
        found = parsed(note(sample.publication(), name, sample.EN, answers="yes"))
        assert found["Auto-Submitted"] == "auto-replied"


@settings(max_examples=80, deadline=None)
@given(ODD, ODD, ODD, NAMES, LANGUAGES, VARIANTS)
def test_odd_names_in_publication_toml_break_no_header_and_no_page(
    title: str, sender: str, edition: str, name: str, tongue: Language, variant: Variant
) -> None:
    each = ("be", "ru", "en")
    usual = sample.publication()
    publication = sample.publication(
        name=dict.fromkeys(each, title),
        discreet=usual.discreet.model_dump() | {"sender_name": dict.fromkeys(each, sender)},
        editions=[{"code": "be-ru", "languages": ["be", "ru"], "name": dict.fromkeys(each, edition)}],
    )
    letter = note(publication, name, tongue, variant)
    found = parsed(letter)
    assert found.keys() == parsed(note(usual, name, tongue, variant)).keys()
    assert [one.addr_spec for one in found["From"].addresses] == [letter.sender]
    shown = title if variant is Variant.FULL else sender
    assert "".join(found["From"].addresses[0].display_name.split()) == "".join(shown.split())
    assert found["Subject"] == letter.subject
    if letter.html is not None:
        page = lxml_html.document_fromstring(letter.html)
        (brand,) = [item for item in page.iter("p") if item.get("class") == "brand"]
        assert len(brand) == 0
        assert brand.text == title
