"""The sign-up form and the confirm page: one answer to everybody, faults in the form, only a person's POST acts."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from pydantic import SecretStr
from sqlalchemy import func, select

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.store.askings import AskingRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.tokens import Purpose, make
from newsletter.web.guards.formtime import form_token
from tests.servers.pages import NOW, Answer, Pages, add_reader, runtime_at
from workers.readers import answer_waiting

ADDRESS = "reader@example.org"


@pytest.fixture
def pages(database_url: str, tmp_path: Path, broker_url: str) -> Iterator[Pages]:
    """Pages beside a real Valkey, so that what is limited is counted."""
    with Pages(runtime_at(database_url, tmp_path, broker_url=SecretStr(broker_url))) as running:
        yield running


def filled(pages: Pages, *, age: float = 60, **fields: str) -> dict[str, str]:
    """A form as a person sends it, `age` seconds after it was shown."""
    token = form_token(pages.runtime.keyring, NOW - timedelta(seconds=age))
    ours = {
        "form": token,
        "email": ADDRESS,
        "choice": "be-ru:be-ru",
        "variant": "full",
        "consent": "yes",
        "website": "",
    }
    return {name: value for name, value in (ours | fields).items() if value != "absent"}


def post(pages: Pages, form: Mapping[str, str], code: str = "be", headers: Mapping[str, str] | None = None) -> Answer:
    return pages.ask(
        f"/{code}/subscribe", method="POST", form=form, headers={"Origin": pages.url} if headers is None else headers
    )


def askings(pages: Pages) -> list[AskingRow]:
    with pages.runtime.database.reading() as session:
        return list(session.scalars(select(AskingRow).order_by(AskingRow.id)))


def answer_all(pages: Pages) -> int:
    """Do what the worker does; return how many mails are owed."""
    return answer_waiting(pages.runtime)


def count(pages: Pages, table: type) -> int:
    with pages.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def confirm_path(pages: Pages, code: str = "be") -> str:
    with pages.runtime.database.reading() as session:
        note = session.scalars(select(NoteRow).order_by(NoteRow.id.desc())).first()
    assert note is not None
    ref = bytes.fromhex(note.facts["asking"])
    return f"/{code}/confirm/{make(pages.runtime.keyring, Purpose.CONFIRM, ref)}"


def press(pages: Pages, path: str, **fields: str) -> Answer:
    form = {"form": form_token(pages.runtime.keyring, NOW)} | fields
    return pages.ask(path, method="POST", form=form, headers={"Origin": pages.url})


@pytest.mark.parametrize(
    ("code", "asked", "done"),
    [
        ("be", "Ліст да вас ужо ў дарозе", "Вы паспяхова падпісаліся"),
        ("ru", "Письмо уже в пути", "Вы успешно подписались"),
        ("en", "A letter is on its way to you", "You have been successfully subscribed"),
    ],
)
def test_from_the_form_to_the_subscription(pages: Pages, code: str, asked: str, done: str) -> None:
    sent = post(pages, filled(pages), code)
    assert (sent.status, sent.headers["location"]) == (303, f"/{code}/asked")
    assert asked in pages.ask(sent.headers["location"]).text
    assert answer_all(pages) == 1
    path = confirm_path(pages, code)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        assert pages.ask(f"{path}?confirm=yes&form=1", method=method).status in (200, 405)
    page = pages.ask(path)
    assert count(pages, SubscriberRow) == 0
    assert ADDRESS not in page.text
    assert pages.runtime.publication.name[code] not in str(html.document_fromstring(page.text).findtext(".//title"))
    assert [button.text for button in html.document_fromstring(page.text).cssselect("button")] != []
    for _ in range(2):
        confirmed = press(pages, path)
        assert (confirmed.status, confirmed.headers["cache-control"]) == (200, "no-store")
        assert done in confirmed.text
        assert count(pages, SubscriberRow) == 1


def test_whatever_stands_under_an_address_the_answer_is_the_same(pages: Pages) -> None:
    here = pages.runtime
    for name in ("active", "left", "complained", "asked"):
        add_reader(here, f"{name}@example.org") if name == "active" else None
    with here.database.transaction() as session:
        for name, reason in (("left", SuppressionReason.LEFT), ("complained", SuppressionReason.COMPLAINT)):
            suppress(session, here.keyring.lookup(f"{name}@example.org"), reason, today=NOW.date())
        wanted = here.publication.edition("en")
        for name in ("asked",):
            wish = subscribing.Wish(addresses.parse(f"{name}@example.org"), wanted, wanted.languages, Variant.FULL)
            subscribing.ask(session, here.keyring, wish, tongue=Language("en"), door="web", now=NOW)
    answer_all(pages)
    before = len(askings(pages))
    seen = set()
    for number, name in enumerate(("new", "active", "left", "complained", "asked"), 1):
        sent = post(pages, filled(pages, email=f"{name}@example.org"))
        headers = {key: value for key, value in sent.headers.items() if key != "date"}
        seen.add((sent.status, sent.text, tuple(sorted(headers.items()))))
        assert len(askings(pages)) == before + number  # one row, whoever it is
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "Увядзіце адрас"),
        ({"email": "absent"}, "Увядзіце адрас"),
        ({"email": "anna"}, "На такі адрас напісаць нельга"),
        ({"email": "ганна@example.org"}, "На такі адрас напісаць нельга"),
        ({"email": '"a b"@example.org'}, "На такі адрас напісаць нельга"),
        ({"email": "a\u202eb@example.org"}, "На такі адрас напісаць нельга"),
        ({"email": "a\u200bb@example.org"}, "На такі адрас напісаць нельга"),
        ({"email": "anna@example.org\nbcc: eve@example.org"}, "На такі адрас напісаць нельга"),
        ({"email": f"{'a' * 65}@example.org"}, "На такі адрас напісаць нельга"),
        ({"choice": "absent"}, "Выберыце моўную версію"),
        ({"choice": "en:ru-be"}, "Выберыце моўную версію"),
        ({"consent": "absent"}, "Пастаўце тут птушачку"),
    ],
)
def test_what_is_wrong_is_said_in_the_form_with_what_was_typed(
    pages: Pages, fields: dict[str, str], words: str
) -> None:
    answer = post(pages, filled(pages, **fields))
    assert answer.status == 400
    assert words in answer.text
    assert answer.headers["cache-control"] == "no-store"
    page = html.document_fromstring(answer.text)
    typed = "" if fields.get("email") == "absent" else fields.get("email", ADDRESS)
    assert page.cssselect("#email")[0].get("value", "").split() == typed.split()
    assert count(pages, AskingRow) == 0


def test_all_faults_are_said_at_once_and_the_choice_is_kept(pages: Pages) -> None:
    answer = post(pages, filled(pages, email="x", consent="absent", choice="be-ru:ru-be", variant="discreet"))
    page = html.document_fromstring(answer.text)
    assert {item.get("id") for item in page.cssselect(".fault")} == {"email-fault", "consent-fault"}
    assert page.cssselect('input[value="be-ru:ru-be"]')[0].get("checked") is not None
    assert page.cssselect("#discreet")[0].get("checked") is not None


@pytest.mark.parametrize(("age", "words"), [(0.5, "хутчэй"), (7201, "занадта доўга"), (2 * 86400, "занадта доўга")])
def test_a_form_that_comes_back_too_soon_or_too_late_is_shown_again(pages: Pages, age: float, words: str) -> None:
    answer = post(pages, filled(pages, age=age))
    assert (answer.status, count(pages, AskingRow)) == (400, 0)
    assert words in answer.text
    assert html.document_fromstring(answer.text).cssselect("#email")[0].get("value") == ADDRESS


def test_who_fills_in_what_no_person_sees_gets_the_usual_answer_and_nothing_else(pages: Pages) -> None:
    usual, trapped = post(pages, filled(pages)), post(pages, filled(pages, website="https://spam.example"))
    assert (trapped.status, trapped.text) == (usual.status, usual.text)
    assert count(pages, AskingRow) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}]
)
def test_a_form_of_somebody_else_s_page_is_refused(pages: Pages, headers: dict[str, str]) -> None:
    assert post(pages, filled(pages), headers=headers).status == 403
    assert count(pages, AskingRow) == 0


@pytest.mark.parametrize(
    ("address", "warned"), [("a@mail.ru", True), ("a@tut.by", True), ("a@yandex.com", True), ("a@example.org", False)]
)
def test_a_weak_provider_is_named_before_anybody_is_subscribed(pages: Pages, address: str, warned: bool) -> None:
    first = post(pages, filled(pages, email=address))
    assert (first.status, count(pages, AskingRow)) == ((200, 0) if warned else (303, 1))
    if warned:
        page = html.document_fromstring(first.text)
        assert page.cssselect('input[name="anyway"]')[0].get("value") == "yes"
        assert "Усё роўна падпісацца" in first.text
        assert post(pages, filled(pages, email=address, anyway="yes")).status == 303
        assert count(pages, AskingRow) == 1


def test_a_network_that_asks_too_often_is_told_to_wait(pages: Pages) -> None:
    most = pages.runtime.settings.askings_per_network
    answers = [post(pages, filled(pages, email=f"reader{number}@example.org")) for number in range(most + 2)]
    assert [answer.status for answer in answers] == [303] * most + [429] * 2
    assert answers[-1].headers["retry-after"] == "3600"
    assert "праз гадзіну" in answers[-1].text
    assert count(pages, AskingRow) == most


def test_a_link_from_another_site_fills_in_the_choice_and_never_an_address(pages: Pages) -> None:
    answer = pages.ask("/ru/subscribe?edition=be-ru&languages=ru,be&variant=discreet&email=a@example.org")
    page = html.document_fromstring(answer.text)
    assert [item.get("value") for item in page.cssselect("input[name=choice][checked]")] == ["be-ru:ru-be"]
    assert page.cssselect("#discreet")[0].get("checked") is not None
    assert page.cssselect("#email")[0].get("value") == ""
    assert pages.ask("/ru/subscribe?edition=nonsense&languages=%00&variant=%D0%B0").status == 200


def test_attack_mode_is_said_in_the_form(pages: Pages) -> None:
    assert "злоўжывае" not in pages.ask("/be/subscribe").text
    pages.runtime.windows.set_attack(now=NOW)
    assert "злоўжывае" in pages.ask("/be/subscribe").text


@pytest.mark.parametrize("wrong", ["x", "a" * 50, "%00", "a" * 49])
def test_a_confirm_link_that_is_not_ours_reveals_nothing(pages: Pages, wrong: str) -> None:
    assert pages.ask(f"/be/confirm/{wrong}").status == 404
    assert press(pages, f"/be/confirm/{wrong}").status == 404


def test_a_confirm_page_that_lay_about_is_shown_again(pages: Pages) -> None:
    post(pages, filled(pages))
    answer_all(pages)
    path = confirm_path(pages)
    old = form_token(pages.runtime.keyring, NOW - timedelta(hours=3))
    answer = press(pages, path, form=old)
    assert (answer.status, count(pages, SubscriberRow)) == (400, 0)
    fresh = html.document_fromstring(answer.text).cssselect("input[name=form]")[0].get("value")
    assert press(pages, path, form=str(fresh)).status == 200


def test_the_newest_digest_s_note_is_of_the_kind_asked(pages: Pages) -> None:
    post(pages, filled(pages, variant="discreet"))
    answer_all(pages)
    with pages.runtime.database.reading() as session:
        (note,) = session.scalars(select(NoteRow)).all()
    assert (note.kind, note.facts["variant"], note.tongue) == (NoteKind.CONFIRM, "discreet", "be")
