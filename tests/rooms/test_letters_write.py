"""What a letter says and how it shows itself, per edition, order and variant."""

import email
import email.policy
import re
from typing import Any

import pytest
from lxml import html as lxml_html

from newsletter.digest import Digest, Outlook, Translation, Variant
from newsletter.languages import Language
from newsletter.letters import LEAVE_SLOT, PREFERENCES_SLOT, Letter, SlotInContent, write
from newsletter.publication import NoSuchEdition
from tests.letters import sample
from tests.letters.sample import BE, EN, RU


def written(
    code: str = "be-ru", order: tuple[Language, ...] = (), variant: Variant = Variant.FULL, of: Digest | None = None
) -> Letter:
    publication = sample.publication()
    edition = publication.edition(code)
    return write(of or sample.digest(), publication, edition, order or edition.languages, variant)


def headers(letter: Letter) -> email.message.EmailMessage:
    return email.message_from_string(letter.headers, policy=email.policy.default)


def words(html: str | None) -> str:
    assert html is not None
    return re.sub(r"\s+", " ", " ".join(elements(html, "//body//text()")))


def elements(html: str | None, xpath: str) -> list[Any]:
    found = lxml_html.document_fromstring(html or "").xpath(xpath)
    assert isinstance(found, list)
    return found


def test_the_parts_of_a_letter_come_in_the_order_of_reading() -> None:
    letter = written()
    for text in (words(letter.html), re.sub(r"\s+", " ", letter.text)):
        order = [
            "Headline arms be — і яшчэ 3 каментары",  # the first line: what an inbox list shows
            "Тыдзень",
            "7 кастрычніка",
            "Сітуацыя за тыдзень",
            "▲",
            *("Headline arms be", "Standfirst arms be", "Author arms be", "Тэкст.", "Чытаць на сайце"),
            *("Headline border be", "Headline talks ru", "Headline method be"),
            *("Хто піша.", "Гэты выпуск на сайце", "Налады падпіскі", "Адпісацца"),
        ]
        assert re.search(".*".join(map(re.escape, order)), text, re.IGNORECASE)


def test_text_is_as_complete_as_html() -> None:
    for edition, order in (("en", (EN,)), ("be-ru", (BE, RU)), ("be-ru", (RU, BE))):
        letter = written(edition, order)
        plain = set(re.findall(r"\w+", letter.text.lower()))
        assert set(re.findall(r"\w+", words(letter.html).lower())) <= plain
        links = set(re.findall(r'href="([^"]+)"', letter.html or ""))
        assert links == set(re.findall(r"https?://[^\s>]+", letter.text))


def test_the_board_shows_colour_glyph_and_word_and_both_outlooks_of_a_section() -> None:
    letter = written()
    assert "■ без змен / ▼ горш – Бяспека\n▲ лепш – Захад\n■ без змен – Агульнае" in letter.text
    marks = elements(letter.html, "//table[@class='board']//span[starts-with(@class, 'outlook')]/@class")
    assert [mark.split()[1] for mark in marks] == ["unchanged", "worse", "better", "unchanged"]


def test_a_fallback_says_its_language_and_is_marked_with_lang() -> None:
    letter = written()
    assert "Мова тэксту: руская" in letter.text
    assert elements(letter.html, "/html/@lang") == ["be"]
    foreign = "".join(elements(letter.html, "//*[@lang='ru']//text()"))
    assert "Headline talks ru" in foreign
    assert "Мова тэксту" not in foreign
    assert headers(letter)["Content-Language"] == "be, ru"
    russian = written(order=(RU, BE))
    assert "Язык текста" not in russian.text
    assert headers(russian)["Content-Language"] == "ru"


def test_what_was_left_out_is_counted_in_the_letter_s_language() -> None:
    assert "1 commentary this week is not available" in re.sub(r"\s+", " ", written("en").text)
    assert "not available" in words(written("en").html)
    assert "толькі на іншай мове" not in written().text
    absent = [sample.commentary(f"c{n}", "west", Outlook.BETTER, "en") for n in range(5)]
    shown = sample.commentary("arms", "security", Outlook.WORSE, "be")
    plural = written(of=sample.digest(shown, *absent))
    assert "5 каментароў гэтага тыдня выйшлі толькі на іншай мове" in re.sub(r"\s+", " ", plural.text)


def test_links_lead_to_the_reader_s_pages_and_to_each_commentary() -> None:
    letter = written()
    base = "https://week.example.org"
    for part in (letter.text, letter.html or ""):
        assert f"{base}/be/leave/{LEAVE_SLOT}" in part
        assert f"{base}/be/preferences/{PREFERENCES_SLOT}" in part
        assert f"{base}/be/2019-W41/arms" in part
        assert f"{base}/ru/2019-W41/talks" in part
        assert part.count(LEAVE_SLOT) == part.count(PREFERENCES_SLOT) == 1
    assert letter.leave_url == f"{base}/be/leave"


def test_headers_name_edition_list_and_languages() -> None:
    found = headers(written())
    assert found["From"] == "Тыдзень <digest@week.example.org>"
    assert found["Reply-To"] == "editors@week.example.org"
    assert found["Subject"] == "Тыдзень: 7 кастрычніка – 13 кастрычніка 2019\N{NO-BREAK SPACE}г."
    assert found["List-Id"] == "<be-ru.week.example.org>"
    assert found["List-Help"] == "<https://week.example.org/be/>"
    assert found["List-Archive"] == "<https://week.example.org/be/2019-W41>"
    assert found["List-Post"] == "NO"
    assert found["Precedence"] == "list"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found["Feedback-ID"] == "2019-W41:be-ru:newsletter:week.example.org"
    assert not {"Date", "To", "Message-ID", "List-Unsubscribe", "Content-Type"} & set(found.keys())


def test_an_edition_may_have_a_sender_of_its_own() -> None:
    publication = sample.publication()
    name = dict.fromkeys(["be", "ru", "en"], "EN desk")
    own = publication.sender.model_copy(update={"address": "en@week.example.org", "name": name})
    edition = publication.edition("en").model_copy(update={"sender": own})
    letter = write(sample.digest(), publication, edition, (EN,), Variant.FULL)
    assert headers(letter)["From"] == "EN desk <en@week.example.org>"


@pytest.mark.parametrize("order", [(BE, RU), (RU, BE)])
def test_nothing_an_inbox_list_shows_of_a_discreet_letter_names_the_publication(order: tuple[Language, ...]) -> None:
    letter = written(order=order, variant=Variant.DISCREET)
    assert letter.html is None
    opening = re.sub(r"\s+", " ", letter.text)[:180]  # as much as inbox lists show
    for shown in (letter.headers, letter.subject, str(letter.leave_url), opening, str(headers(letter))):
        for name in ("Тыдзень", "Неделя", "week.example.org", "be-ru", "Бяспека", "Безопасность", "Headline"):
            assert name not in shown
    assert headers(letter)["From"] == {"be": "Ліст", "ru": "Письмо"}[order[0].code] + " <post@neutral.example.net>"
    assert letter.subject in ("Ліст 41", "Письмо 41")
    assert "week.example.org" not in letter.text
    assert "Headline arms" in letter.text


def test_discreet_without_addresses_of_its_own_uses_the_publication_s() -> None:
    texts = dict.fromkeys(("be", "ru", "en"), "Letter")
    publication = sample.publication(discreet={"sender_name": texts, "subject": texts | {"en": "For {week}"}})
    letter = write(sample.digest(), publication, publication.edition("en"), (EN,), Variant.DISCREET)
    assert letter.sender == "digest@week.example.org"
    assert letter.leave_url == "https://week.example.org/en/leave"
    assert letter.subject == "For October 7 – October 13, 2019"


def test_a_test_letter_differs_in_its_subject_alone() -> None:
    publication = sample.publication()
    edition = publication.edition("en")
    for variant in Variant:
        real = write(sample.digest(), publication, edition, (EN,), variant)
        tried = write(sample.digest(), publication, edition, (EN,), variant, test=True)
        assert tried.subject == f"[test] {real.subject}"
        assert (tried.text, tried.html, tried.leave_url) == (real.text, real.html, real.leave_url)
        assert headers(tried)["Subject"] == tried.subject


def test_a_letter_loads_nothing_and_hides_nothing() -> None:
    html = written().html or ""
    assert not re.search(r"<(img|link|script|iframe|object|video|audio|form|input|svg)\b", html)
    assert not re.search(r"@import|url\(|@font-face|display:\s*none|visibility|font-size:\s*0|opacity|\bsrc=", html)
    assert set(elements(html, "//table/@role")) == {"presentation"}
    assert not elements(html, "//table[not(@role)]")
    assert "var(" not in html
    assert len(re.findall(r'<style(?: data-premailer="ignore")?>', html)) == 2  # dark mode and Outlook, kept
    assert "!important" in html


@pytest.mark.parametrize(
    ("place", "slot"),
    [
        ("headline", LEAVE_SLOT),
        ("standfirst", PREFERENCES_SLOT),
        ("author", LEAVE_SLOT),
        ("body", PREFERENCES_SLOT),
        ("body", LEAVE_SLOT[:12] + "*" + LEAVE_SLOT[12:] + "*"),  # only once read does it spell the slot
    ],
)
def test_a_text_that_would_be_taken_for_a_slot_is_refused_with_its_place(place: str, slot: str) -> None:
    fields = {"headline": "h", "standfirst": "s", "body": "b", "author": "a"} | {place: f"x {slot} y"}
    bad = sample.commentary("arms", "security", Outlook.WORSE, "en")
    bad = type(bad)(bad.slug, bad.section, 0, bad.outlook, {"en": Translation(**fields)})
    with pytest.raises(SlotInContent, match=r"2019-W41/arms\.en"):
        written("en", of=sample.digest(bad))


def test_hostile_texts_are_shown_not_obeyed() -> None:
    text = Translation("<script>a</script> {{ 7*7 }}", "%(num)s & <b>", "{% raw %} <img src=x>", '"><i>')
    bad = sample.commentary("arms", "security", Outlook.WORSE, "en")
    bad = type(bad)(bad.slug, bad.section, 0, bad.outlook, {"en": text})
    letter = written("en", of=sample.digest(bad))
    assert "<script>a</script> {{ 7*7 }}" in words(letter.html)
    assert "<script" not in (letter.html or "")
    assert "<img src=x>" in words(letter.html)
    assert '"><i>' in words(letter.html)
    assert "%(num)s & <b>" in letter.text


def test_an_order_that_the_edition_does_not_offer_is_refused() -> None:
    with pytest.raises(NoSuchEdition):
        written("en", (RU,))


def test_a_week_with_nothing_in_these_languages_still_makes_a_letter() -> None:
    letter = written("en", of=sample.digest(sample.commentary("talks", "west", Outlook.BETTER, "ru")))
    assert "1 commentary" in letter.text


@pytest.mark.parametrize("variant", Variant)
def test_where_mail_comes_in_a_letter_says_how_anybody_can_subscribe(variant: Variant) -> None:
    domain = {Variant.FULL: "week.example.org", Variant.DISCREET: "neutral.example.net"}[variant]
    for reads in (True, False):
        publication = sample.publication(mail_in=reads)
        letter = write(sample.digest(), publication, publication.edition("be-ru"), (RU, BE), variant)
        for part in filter(None, (letter.text, letter.html)):
            assert (f"subscribe-ru@{domain}" in part) is reads
