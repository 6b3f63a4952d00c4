"""Moving by the page: the new address is asked, whoever has it, and what does not do is said in the form."""

import json

import pytest
from lxml import html
from sqlalchemy import select

from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.tokens import Purpose
from newsletter.web.readers import me
from tests.doors.own_pages import CODES, is_private, mine, notes, pages, ref
from tests.servers.forms import press
from tests.servers.pages import NOW, Answer, Pages, add_reader
from workers.readers import answer_waiting

DATA, MOVE = range(2)
"""The first and the second form of the page."""

__all__ = ["mine", "pages", "ref"]


@pytest.fixture
def rung(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many notes there were once each bell was answered."""
    bells: list[int] = []

    def ring() -> bool:
        answer_waiting(pages.runtime)
        with pages.runtime.database.reading() as session:
            bells.append(session.query(NoteRow).count())
        return True

    monkeypatch.setattr(me, "ring_for_askings", ring)
    return bells


def faults(answer: Answer) -> list[str]:
    return [str(one.xpath("string()")) for one in html.document_fromstring(answer.text).cssselect(".fault")]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("be", "Ліст на новы адрас ужо ў дарозе"),
        ("ru", "Письмо на новый адрес уже в пути"),
        ("en", "to the new address"),
    ],
)
def test_another_address_is_asked_and_moves_in_by_its_own_word(
    pages: Pages, mine: str, ref: bytes, rung: list[int], code: str, words: str
) -> None:
    answer = press(pages, mine.replace("/be/", f"/{code}/"), form=MOVE, email=" New.Reader@Example.COM ")
    assert answer.status == 200
    assert is_private(answer)
    assert words in answer.text
    assert "xample" not in answer.text.replace("week.example.org", "")
    assert (notes(pages), rung) == (["access", "move"], [2])
    with pages.runtime.database.reading() as session:
        facts = session.scalars(select(NoteRow).where(NoteRow.kind == "move")).one().facts
    link = f"/{code}/confirm/{pages.token(Purpose.CONFIRM, bytes.fromhex(facts['asking']))}"
    asked = pages.ask(link)
    assert asked.status == 200
    assert "xample" not in asked.text.replace("week.example.org", "")
    assert press(pages, link).status == 200
    with pages.runtime.database.reading() as session:
        row = session.scalars(select(SubscriberRow)).one()
    assert row.ref == ref
    assert pages.runtime.keyring.open(row.sealed, bound_to=ref) == "New.Reader@example.com"
    assert notes(pages) == ["access", "move", "moved"]
    assert pages.ask(mine).status == 404  # that link lies in the mailbox that was left


@pytest.mark.usefixtures("rung")
def test_who_is_at_the_new_address_does_not_show(pages: Pages, mine: str) -> None:
    add_reader(pages.runtime, "there@example.com", discreet=True)
    with pages.runtime.database.transaction() as session:
        lookup = pages.runtime.keyring.lookup("angry@example.com")
        suppress(session, lookup, SuppressionReason.COMPLAINT, today=NOW.date())
    told = []
    for to in ("nobody@example.com", "there@example.com", "angry@example.com", "nobody@example.com"):
        answer = press(pages, mine, form=MOVE, email=to)
        told.append((answer.status, answer.text, {**answer.headers, "date": ""}))
    assert all(one == told[0] for one in told)
    assert notes(pages) == ["access", "move", "standing"]
    data = json.loads(press(pages, mine, form=DATA).text)
    assert [one["kind"] for one in data["askings"]].count("move") == 4  # nor in the reader's own data


@pytest.mark.parametrize(
    ("code", "typed", "words"),
    [
        ("be", "", "Увядзіце адрас."),
        ("ru", "new@", "На такой адрес написать нельзя"),
        ("en", '"><b>new</b>@example.com', "This is not an e-mail address"),
        ("be", "пошта@example.com", "На такі адрас напісаць нельга"),
        ("ru", "a@b.c, d@e.f", "На такой адрес написать нельзя"),
        ("en", "Reader@Example.org", "Your letters go to this address already."),
    ],
)
def test_an_address_that_does_not_do_is_said_in_the_form(
    pages: Pages, mine: str, code: str, typed: str, words: str
) -> None:
    answer = press(pages, mine.replace("/be/", f"/{code}/"), form=MOVE, email=typed)
    assert answer.status == 400
    assert is_private(answer)
    (fault,) = faults(answer)
    assert words in fault
    page = html.document_fromstring(answer.text)
    (field,) = page.cssselect("[aria-invalid=true]")
    assert (field.get("value"), field.get("aria-describedby")) == (typed, "email-fault")
    assert not page.cssselect("main b")
    assert page.cssselect("[role=alert]")
    assert notes(pages) == ["access"]


@CODES
@pytest.mark.usefixtures("rung")
def test_of_a_weak_provider_one_hears_before_moving_there(pages: Pages, mine: str, code: str) -> None:
    mine = mine.replace("/be/", f"/{code}/")
    warned = press(pages, mine, form=MOVE, email="reader@mail.ru")
    assert warned.status == 200
    page = html.document_fromstring(warned.text)
    assert "mail.ru" in str(page.cssselect(".warning")[0].xpath("string()"))
    assert notes(pages) == ["access"]
    again = dict(page.cssselect("main form")[MOVE].form_values())
    assert again["email"] == "reader@mail.ru"
    answer = pages.ask(mine, method="POST", form=again, headers={"Origin": pages.url})
    assert answer.status == 200
    assert notes(pages) == ["access", "move"]


@pytest.mark.usefixtures("rung")
def test_a_reader_cannot_have_us_write_to_everybody(pages: Pages, mine: str) -> None:
    answers = [press(pages, mine, form=MOVE, email=f"victim-{n}@example.com") for n in range(22)]
    assert [answer.status for answer in answers] == [200] * 20 + [429] * 2
    assert answers[-1].headers["retry-after"] == "3600"
    assert html.document_fromstring(answers[-1].text).cssselect("[role=alert]")
    assert notes(pages).count("move") == 20
