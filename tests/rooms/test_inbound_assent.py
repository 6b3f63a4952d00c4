"""What confirms a subscription: nothing but an empty reply or a short yes, for anybody can have asked."""

import html

import pytest

from newsletter.inbound import Confirm, Ignored, Objection
from tests.rooms.writing import CONFIRM, NOTE, TOKEN, found, reply


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Yes",
            "yes!",
            "OK",
            "Okay, thanks",
            "Confirm",
            "Confirmed.",
            "Please subscribe",
            "It was me",
            "Sure, go ahead",
        ),
        *(
            "Так",
            "ага",
            "Добра",
            "Пацвярджаю!",
            "Так, згодная",
            "Хачу падпісацца, калі ласка",
            "Дзякуй",
            "Так, хачу :)",
        ),
        *("Да", "Ок", "Хорошо", "Подтверждаю", "Согласна", "Хочу подписаться, пожалуйста", "да, это я", "Спасибо))"),
        *("Так, підтверджую", "Tak", "Potwierdzam", "Taip", "Ja", "Oui, merci", "Sí", "Jah", "Ano", "Jā"),
        *("👍", "✅", "👍🏻 так", "Да ❤️", "+", "...", "!"),
        *("Добры дзень! Так, пацвярджаю.\n\nЗ павагай,\nAnna", "Hello,\nyes please\n\nBest regards,\nAnna", "Anna"),
        *("", "\n\n", "-- \nAnna Ivanova\nSome Company Limited", "Так\n--\nАнна", "\u200b\xa0"),
    ],
)
def test_a_short_yes_confirms_in_many_languages(words: str) -> None:
    for content in (reply(words), reply(words.replace("\n", "<br>"), content_type='text/html; charset="utf-8"')):
        assert isinstance(found(CONFIRM, content), Confirm)


@pytest.mark.parametrize(
    "words",
    [
        *("STOP. This was not me. Unsubscribe.", "stop", "Unsubscribe", "No", "No, thanks!", "I did not ask for this."),
        *(
            "Не пишите мне больше, я этого не просил!",
            "Отпишите меня",
            "Отписаться",
            "Не надо",
            "Нет",
            "Это не я",
            "нет, спасибо",
        ),
        *("Не пішыце мне", "Адпісацца", "Не трэба!", "Гэта не я прасіла", "Ні", "не хачу", "Это не Я!!!", "Стоп"),
        *("Nie", "Nie chcę", "To nie ja", "Abmelden", "Désabonnez-moi", "👎", "Так не трэба", "Спам!"),
        *("Yes? Stop it", "-- \nStop. This was not me.", "---\nUnsubscribe", "> Please confirm\nНе надо"),
    ],
)
def test_a_no_is_an_objection(words: str) -> None:
    for content in (reply(words), reply(words.replace("\n", "<br>"), content_type='text/html; charset="utf-8"')):
        objected = found(CONFIRM, content)
        assert isinstance(objected, Objection)
        assert (objected.token, objected.note) == (TOKEN, NOTE)


@pytest.mark.parametrize("subject", ["STOP", "Unsubscribe", "Отписаться", "Re: не трэба"])
def test_so_is_one_in_the_subject(subject: str) -> None:
    assert isinstance(found(CONFIRM, reply("", subject=subject)), Objection)


@pytest.mark.parametrize(
    "words",
    [
        "Спасибо за обращение. Ваше сообщение получено и будет рассмотрено.",
        "I no longer work at Example Ltd. Please write to boris@example.com.",
        "Ваша заявка принята. Номер 12345",
        "Дзякуй за зварот. Мы адкажам на працягу трох дзён.",
        "Hello!",
        "Здравствуйте!",
        *(
            "Так?",
            "Что это?",
            "Who are you?",
            "Yes or",
            "https://example.com/a/1",
            "-",
            "12345",
            "Да не знаю",
            "Hello <3",
            "ja nie wiem",
        ),
        "yes " * 7,
        "==========\nYour letter has arrived.\n==========",
        "----------\nYour letter has arrived.",
        "Your letter from digest@week.example.org has arrived:\n1",
        "Мы получили письмо The Week <digest@week.example.org>:\n1",
        "-- \n" + "This is a long story of ours.\n" * 12,
        "Sent from our office: your letter has arrived. We answer soon.",
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----",
    ],
)
def test_whatever_is_not_surely_a_yes_confirms_nothing(words: str) -> None:
    for content in (
        reply(words),
        reply(html.escape(words).replace("\n", "<br>"), content_type='text/html; charset="utf-8"'),
        reply(f"<blockquote style='border:none'>{html.escape(words)}</blockquote>", content_type="text/html"),
    ):
        assert isinstance(found(CONFIRM, content), Ignored)


def test_what_cannot_be_read_is_no_yes() -> None:
    for kind in ("application/pdf", "text/calendar", "multipart/encrypted; boundary=x", "message/rfc822"):
        content = reply("").replace(b"Content-Type: text/plain", b"Content-Type: " + kind.encode())
        assert isinstance(found(CONFIRM, content), Ignored), kind
    style = f"<style>{'p { color: red }' * 5000}</style><p>Who are you?</p>"
    for long in (style, "\n" * 600 + "Who are you?", " " * 30_000 + "Who are you?", " " * 70_000):
        kind = "html" if long is style else "plain"
        assert isinstance(found(CONFIRM, reply(long, content_type=f'text/{kind}; charset="utf-8"')), Ignored)
