"""Replies of people's mail programs in three languages: the writer's own words are found, whatever is quoted."""

from collections.abc import Callable

import pytest

from newsletter.inbound import Confirm, Ignored, Objection, Received, read
from newsletter.letters import Letter
from newsletter.publication import Publication
from tests.letters.golden import seeds
from tests.letters.notes import notes
from tests.rooms.replies import HTML, MARKING, PLAIN, Answer
from tests.rooms.writing import CONFIRM, RING, brought, reply

SEEDS: Publication = seeds()[0]
QUOTED = {name.removeprefix("note-confirm-"): letter for name, letter in notes(SEEDS) if "note-confirm-" in name}
FULL = [(code, QUOTED[f"reply-{code}-full"]) for code in ("be", "ru", "en")]
DISCREET = [(code, QUOTED[f"reply-{code}-discreet"]) for code in ("be", "ru", "en")]


def answered(client: Callable[[Answer], str], code: str, letter: Letter, words: str) -> Received:
    names = SEEDS.name if letter.html else SEEDS.discreet.sender_name
    kind = "html" if client in HTML else "plain"
    content = client(Answer(words, letter, names[code], code))
    mail = reply(content, subject=f"Re: {letter.subject}", content_type=f'text/{kind}; charset="utf-8"')
    return read(brought(CONFIRM, mail), SEEDS, RING)


@pytest.mark.parametrize(("code", "letter"), FULL + DISCREET, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("client", HTML + PLAIN, ids=lambda client: client.__name__)
def test_a_reply_is_read_whatever_program_wrote_it(client: Callable[[Answer], str], code: str, letter: Letter) -> None:
    for words in ("", "Так", "Да, спасибо!", "Yes\n\nAnna", "👍"):
        assert isinstance(answered(client, code, letter, words), Confirm), words
    for words in ("Не пишите мне больше, я этого не просил!", "STOP. This was not me. Unsubscribe.", "Не трэба"):
        assert isinstance(answered(client, code, letter, words), Objection), words
    for words in ("Спасибо за обращение. Ваше сообщение получено и будет рассмотрено.", "Who are you?", "Так?"):
        assert isinstance(answered(client, code, letter, words), Ignored), words


@pytest.mark.parametrize("client", MARKING, ids=lambda client: client.__name__)
def test_words_below_a_quotation_count(client: Callable[[Answer], str]) -> None:
    def below(one: Answer) -> str:
        empty = client(Answer("", one.letter, one.name, one.code))
        return empty.partition("\n-- \n")[0] + f"\n\n{one.words}\n"

    for code, letter in FULL:
        assert isinstance(answered(below, code, letter, "Unsubscribe me!"), Objection)
        assert isinstance(answered(below, code, letter, "Your letter has arrived."), Ignored)
        assert isinstance(answered(below, code, letter, "Yes please"), Confirm)
