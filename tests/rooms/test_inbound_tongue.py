"""In which language somebody is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digest import Variant
from newsletter.inbound.commands.tongue import ALPHABETS, tongue_of
from newsletter.inbound.messages.message import read_message
from newsletter.inbound.places import Command, Place
from newsletter.languages import Language
from newsletter.letters import Letter
from newsletter.publication import Publication
from tests.letters.golden import seeds
from tests.letters.notes import notes
from tests.letters.sample import RU
from tests.rooms.writing import FULL, NOTE_ID, PUBLICATION, written

PLACE = Place(Command.SUBSCRIBE, Variant.FULL)


def tongue(content: bytes, publication: Publication = PUBLICATION, domain: str = "example.com") -> str:
    return tongue_of(read_message(content), PLACE, publication, domain=domain).code


def speaking(*codes: str) -> Publication:
    """Return a publication of other languages: those of our catalogues are too few to try it with."""
    return PUBLICATION.model_copy(update={"languages": tuple(Language(code) for code in codes)})


def test_the_address_s_own_language_comes_first() -> None:
    message = read_message(written("Хачу падпісацца", content_language="be"))
    place = Place(Command.SUBSCRIBE, Variant.FULL, tongue=RU)
    assert tongue_of(message, place, PUBLICATION, domain="mail.by") == RU


@pytest.mark.parametrize(
    ("said", "text", "code"),
    [
        ("ru", "", "ru"),
        ("ru-RU", "", "ru"),
        ("pl, EN-us, ru", "", "en"),
        ("en-US", "Добры дзень", "be"),  # the menus are in English, the person is not
        ("en-US", "Хочу подписаться", "ru"),
        ("ru-RU", "Добры дзень, сябры", "ru"),  # that could be either
        ("pl", "", "be"),
        ("", "", "be"),
        (", ;=\0" * 50, "", "be"),
    ],
)
def test_the_mail_s_declared_language_counts_if_it_is_written_so(said: str, text: str, code: str) -> None:
    content = b"Content-Language: " + said.encode() + b"\r\n" + written(text)
    assert tongue(content) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Хачу падпісацца", "be"),
        ("Дашліце, калі ласка, ліст. Мы яго чытаем.", "be"),
        ("Добры дзень! Сёння пішу з-за аб'явы", "be"),
        ("сям’я", "be"),
        ("падпiшыце мяне", "be"),  # with a Latin i
        ("Хочу подписаться", "ru"),
        ("Подпишите меня, пожалуйста", "ru"),
        ("Ещё объявление", "ru"),
        ("Please subscribe me", "en"),
        ("Hi! My name is Сяргей, please add me", "en"),
        ("Подпишите меня. Sergey", "ru"),
        ("Добры дзень, see https://example.com/very/long/latin/address and anna@example.com", "be"),
        ("Καλημέρα", "be"),  # the publication's first
        ("გამარჯობა", "be"),
        ("12345 !!!", "be"),
    ],
)
def test_what_is_written_tells_the_language(text: str, code: str) -> None:
    assert tongue(written(text)) == code
    assert tongue(written(subject=text)) == code
    assert tongue(written(text.replace("\n", "<br>"), content_type='text/html; charset="utf-8"')) == code


@pytest.mark.parametrize(
    ("text", "domain", "code"),
    [
        ("", "mail.by", "be"),
        ("", "xn--80a.xn--90ais", "be"),
        ("", "mail.ru", "ru"),
        ("", "MAIL.RU", "ru"),
        ("", "mail.su", "ru"),
        ("", "xn--80a.xn--p1ai", "ru"),
        ("", "mail.co.uk", "en"),
        ("", "example.com", "be"),
        ("", "example.pl", "be"),
        ("", "", "be"),
        ("Добры дзень", "mail.ru", "ru"),  # every letter of it is in both
        ("Добры дзень", "mail.by", "be"),
        ("Добры дзень", "example.com", "be"),
        ("Добры дзень", "mail.co.uk", "be"),
        ("Хачу падпісацца", "mail.ru", "be"),
        ("падпiшыце мяне", "mail.ru", "be"),  # with a Latin i
        ("Хочу подписаться", "mail.by", "ru"),
        ("Hello there", "mail.by", "en"),
    ],
)
def test_the_country_decides_where_the_words_do_not(text: str, domain: str, code: str) -> None:
    assert tongue(written(text), domain=domain) == code


@pytest.mark.parametrize("word", ["subscribe", "Subscribe", "SUBSCRIBE!", "help", "unsubscribe", "Re: subscribe"])
def test_a_command_typed_out_of_habit_is_no_english(word: str) -> None:
    assert tongue(written(word.removeprefix("Re: "), subject=word), domain="mail.ru") == "ru"


@pytest.mark.parametrize(
    ("codes", "text", "domain", "code"),
    [
        ("be en pl", "Hello", "example.com", "en"),
        ("be pl en", "Hello", "example.com", "pl"),
        ("be en pl", "Hello", "wp.pl", "pl"),
        ("be en pl", "Chciałabym się zapisać", "example.com", "pl"),
        ("de fr", "Ich möchte den Brief", "example.com", "de"),
        ("de fr", "Où est l’abonnement déjà reçu", "example.com", "fr"),
        ("lt lv et", "Prašau užsiųsti", "example.com", "lt"),
        ("be ru uk", "Хочу отримувати їхні листи", "example.com", "uk"),
        ("be ru uk", "Хачу атрымліваць лісты", "example.com", "be"),
        ("be ru uk", "Хочу получать эти письма", "example.com", "ru"),
        ("be ru uk", "", "ukr.ua", "uk"),
        ("bg en", "Искам да се абонирам", "example.com", "bg"),
        ("sr hy", "Ուզում եմ", "example.com", "hy"),
        ("ka de", "გამარჯობა", "example.com", "ka"),
        ("be", "Hello", "mail.ru", "be"),
        ("be ru", "Hello", "mail.ru", "ru"),
        ("ru be", "Hello", "example.com", "ru"),
    ],
)
def test_a_publication_of_other_languages_is_served_as_well(codes: str, text: str, domain: str, code: str) -> None:
    assert tongue(written(text), speaking(*codes.split()), domain) == code


GMAIL = "Так\n\nOn Mon, Oct 14, 2019 at 8:00 AM The Week <\ndigest@week.example.org> wrote:\n\n> Please confirm\n> that"
BELOW = "On Monday The Week <digest@week.example.org> wrote:\n> Please confirm\n> that\n\nТак, хачу і буду"
OUTLOOK = "Да, ещё и ещё\n\n_____\nFrom: <digest@week.example.org>\nSent: Monday\n\nPlease confirm"
LOTUS = "Да, ещё\n\n-----Original Message-----\nFrom: The Week\n\nPlease confirm that you want it"
YANDEX = 'Так, і ўсё\n\n14.10.2019, 08:00, "The Week" <digest@week.example.org>:\nPlease confirm that you want it'
SIGNED = "Дзякуй, ўсё\n-- \nAnna Ivanova, Chief Executive Officer, Some Company Limited"
PHONE = "Sent from my iPhone"
HTML = (
    "<html><head><style>p { color: red }</style><title>Title</title></head><body><p>Так,&nbsp;і ўсё</p>"
    '<div class="gmail_quote"><div>On Monday The Week wrote:</div><blockquote>Please confirm that you want it'
)
CITED = "<blockquote><p>Please confirm <blockquote>that</blockquote> you want it</p></blockquote><p>Да, ещё</p>"


@pytest.mark.parametrize(
    ("text", "code"),
    [(GMAIL, "ru"), (BELOW, "be"), (OUTLOOK, "ru"), (LOTUS, "ru"), (YANDEX, "be"), (SIGNED, "be"), (PHONE, "ru")],
)
def test_what_is_quoted_or_signed_does_not_count(text: str, code: str) -> None:
    assert tongue(written(text, subject="Re: Please confirm", in_reply_to=NOTE_ID), domain="mail.ru") == code


@pytest.mark.parametrize(("text", "code"), [(HTML, "be"), (CITED, "ru")])
def test_neither_does_what_html_marks_as_quoted(text: str, code: str) -> None:
    html = written(text, content_type='text/html; charset="utf-8"', in_reply_to=NOTE_ID, subject="Please confirm")
    assert tongue(html, domain="example.com") == code


QUOTING = [(name, letter) for name, letter in notes(seeds()[0]) if name.startswith("note-confirm")]


@pytest.mark.parametrize(("name", "letter"), QUOTING, ids=[name for name, _ in QUOTING])
@pytest.mark.parametrize("quote", ["> {}", "{}"])
def test_our_note_quoted_in_a_reply_does_not_count(name: str, letter: Letter, quote: str) -> None:
    publication, _ = seeds()
    text = "\n".join(quote.format(line) for line in letter.text.splitlines())
    said = f"{letter.sender} wrote:\n"
    reply = written(f"Да, ещё\n\n{said}{text}", subject=f"Re: {letter.subject}", in_reply_to=NOTE_ID)
    assert tongue(reply, publication) == "ru"


def test_a_note_quoted_in_an_empty_reply_says_nothing() -> None:
    reply = written(
        f"Please <digest@{FULL}> wrote:\n> Please confirm", subject="Re: Please confirm", in_reply_to=NOTE_ID
    )
    assert tongue(reply, domain="mail.ru") == "ru"


def test_alphabets_are_in_lower_case_and_their_own() -> None:
    for code, letters in ALPHABETS.items():
        assert all(char == char.lower() for char in letters), code
    assert "и" not in ALPHABETS["be"]
    assert ALPHABETS["ru"] - ALPHABETS["be"] == set("ищъ")
    assert ALPHABETS["be"] - ALPHABETS["ru"] == set("іў’")


@given(
    st.binary(max_size=2000) | st.text().map(lambda text: written(text.replace("\r", ""))),
    st.text(max_size=30),
    st.sampled_from(["be ru en", "en", "ka de", "pl uk be"]),
)
def test_any_mail_gets_a_language_of_the_publication(content: bytes, domain: str, codes: str) -> None:
    assert tongue(content, speaking(*codes.split()), domain) in codes.split()
