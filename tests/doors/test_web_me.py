"""What an owner sees and does behind the link that was mailed to them; and what everybody else does not."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest
from lxml import html
from sqlalchemy import select

from newsletter.store.choices import stop, subscriber_to_change
from newsletter.store.suppressions import SuppressionRow
from newsletter.tokens import Purpose
from tests.doors.own_pages import ADDRESS, CODES, form_in, is_private, mine, notes, pages, ref, silence
from tests.servers.forms import press
from tests.servers.pages import NOW, Answer, Pages, count_readers

DATA, MOVE, ERASE = range(3)
__all__ = ["mine", "pages", "ref"]


def title(answer: Answer) -> str:
    return str(html.document_fromstring(answer.text).findtext(".//title"))


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("be", "Падпіска", ["1 лістапада 2026\xa0г.", "Руская, калі няма – беларуская", "Поўны"]),
        ("ru", "Подписка", ["1 ноября 2026\xa0г.", "Русский, если нет – белорусский", "Полное"]),
        ("en", "Subscription", ["November 1, 2026", "Russian, else Belarusian", "Full"]),
    ],
)
def test_it_shows_to_the_owner_who_they_are_here(
    pages: Pages, mine: str, code: str, name: str, words: list[str]
) -> None:
    answer = pages.ask(mine.replace("/be/", f"/{code}/"))
    assert answer.status == 200
    assert is_private(answer)
    assert title(answer) == name
    page = html.document_fromstring(answer.text)
    assert [" ".join(str(one.xpath("string()")).split(" ")) for one in page.cssselect("main dd")] == [ADDRESS, *words]
    assert len(page.cssselect("main form")) == 3
    assert all(form.get("method") == "post" for form in page.cssselect("main form"))
    assert all(
        str(form.get("action")).partition("#")[2] in ("data", "move", "erase") for form in page.cssselect("form")
    )
    ids = [one.get("id") for one in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("state", "words"), [("paused", "да 24 снежня 2026"), ("stopped", "спыненая")])
def test_a_break_or_the_end_of_letters_is_shown(pages: Pages, mine: str, ref: bytes, state: str, words: str) -> None:
    if state == "paused":
        silence(pages, ref, date(2026, 12, 24))
    else:
        with pages.runtime.database.transaction() as session:
            row = subscriber_to_change(session, ref=ref)
            assert row is not None
            stop(session, row, "bad-address")
    page = html.document_fromstring(pages.ask(mine).text)
    assert words in str(page.cssselect("main dd")[-1].xpath("string()"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_no_other_method_than_post_acts(pages: Pages, mine: str, method: str) -> None:
    for what in ("action=erase&sure=yes", "action=move&email=new@example.com", "action=data"):
        answer = pages.ask(f"{mine}?{what}", method=method)
        assert answer.status == (200 if method in ("GET", "HEAD") else 405)
        assert "content-disposition" not in answer.headers
    assert count_readers(pages.runtime) == 1
    assert notes(pages) == ["access"]


def test_their_data_come_as_a_file(pages: Pages, mine: str) -> None:
    answer = press(pages, mine, form=DATA)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert is_private(answer)
    data = json.loads(answer.text)
    assert (data["address"], data["since"], data["languages"]) == (ADDRESS, "2026-11-01", ["ru", "be"])
    assert {"consents", "digests", "other_mail", "askings"} <= data.keys()


@CODES
def test_nothing_is_erased_without_the_tick(pages: Pages, mine: str, code: str) -> None:
    answer = press(pages, mine.replace("/be/", f"/{code}/"), form=ERASE)
    assert answer.status == 400
    assert len(html.document_fromstring(answer.text).cssselect(".fault")) == 1
    page = html.document_fromstring(answer.text)
    assert page.cssselect("[aria-invalid=true]")[0].get("aria-describedby") == "sure-fault"
    assert count_readers(pages.runtime) == 1


@pytest.mark.parametrize(
    ("code", "words"), [("be", "Усё выдалена"), ("ru", "Всё удалено"), ("en", "Everything has been erased")]
)
def test_with_it_everything_is_and_the_link_is_dead(pages: Pages, mine: str, code: str, words: str) -> None:
    mine = mine.replace("/be/", f"/{code}/")
    form = form_in(pages.ask(mine), ERASE)
    answer = press(pages, mine, form=ERASE, sure="yes")
    assert answer.status == 200
    assert words in answer.text
    assert is_private(answer)
    assert not html.document_fromstring(answer.text).cssselect("[aria-current=page]")
    assert count_readers(pages.runtime) == 0
    assert notes(pages) == []
    with pages.runtime.database.reading() as session:
        assert [row.reason for row in session.scalars(select(SuppressionRow))] == ["erased"]
    for method, body in (("GET", None), ("POST", form | {"sure": "yes"})):
        again = pages.ask(mine, method=method, form=body, headers={"Origin": pages.url})
        assert again.status == 404
        assert is_private(again)


def every_post(pages: Pages, mine: str, form: Mapping[str, str], **headers: str) -> list[Answer]:
    """Press each of the three buttons."""
    deeds = ({"action": "data"}, {"action": "move", "email": "new@example.com"}, {"action": "erase", "sure": "yes"})
    return [pages.ask(mine, method="POST", form={**form, **deed}, headers=headers) for deed in deeds]


@pytest.mark.parametrize(
    ("code", "words"),
    [("be", "Спасылка больш не дзейнічае"), ("ru", "Ссылка больше не действует"), ("en", "no longer good")],
)
def test_after_a_day_the_link_is_dead(pages: Pages, mine: str, code: str, words: str) -> None:
    mine = mine.replace("/be/", f"/{code}/")
    pages.runtime.clock = lambda: NOW + timedelta(hours=23, minutes=59)
    form = form_in(pages.ask(mine), DATA)
    pages.runtime.clock = lambda: NOW + timedelta(days=1)
    for answer in (pages.ask(mine), *every_post(pages, mine, form, Origin=pages.url)):
        assert answer.status == 404
        assert words in answer.text
        assert is_private(answer)
        assert ADDRESS not in answer.text
    assert count_readers(pages.runtime) == 1
    assert notes(pages) == ["access"]


def test_a_link_that_is_not_ours_opens_nothing(pages: Pages, mine: str, ref: bytes) -> None:
    token = mine.rpartition("/")[2]
    form = form_in(pages.ask(mine), DATA)
    others = [pages.token(purpose, ref) for purpose in Purpose]  # that of this purpose names no asking
    for wrong in (*others, token[:-1], token.upper(), token + "a", "x", "%00"):
        for answer in (pages.ask(f"/en/me/{wrong}"), *every_post(pages, f"/en/me/{wrong}", form, Origin=pages.url)):
            assert answer.status == 404
            assert is_private(answer)
            assert ADDRESS not in answer.text
    assert count_readers(pages.runtime) == 1
    assert notes(pages) == ["access"]


def test_strangers_and_stale_forms_do_nothing(pages: Pages, mine: str) -> None:
    form = form_in(pages.ask(mine), DATA)
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        for answer in every_post(pages, mine, form, **headers):
            assert answer.status == 403
            assert ADDRESS not in answer.text
    pages.runtime.clock = lambda: NOW + timedelta(hours=2, minutes=1)
    for token in (form["form"], "", "x"):
        for answer in every_post(pages, mine, form | {"form": token}, Origin=pages.url):
            assert answer.status == 400
            assert html.document_fromstring(answer.text).cssselect("[role=alert]")
    kept = every_post(pages, mine, form, Origin=pages.url)[MOVE]
    assert html.document_fromstring(kept.text).cssselect("#email")[0].get("value") == "new@example.com"
    for action in ("", "leave"):
        answer = press(pages, mine, action=action)
        assert answer.status == 400
    assert count_readers(pages.runtime) == 1
    assert notes(pages) == ["access"]


def test_it_works_under_the_neutral_host_and_says_nothing_of_the_publication(pages: Pages, mine: str) -> None:
    headers = {"Host": "letter.test", "Origin": "http://letter.test"}
    deeds: list[Callable[[], Answer]] = [
        lambda: pages.ask(mine, headers=headers),
        lambda: press(pages, mine, headers=headers, form=MOVE, email="new@example.com"),
        lambda: press(pages, mine, headers=headers, form=ERASE, sure="yes"),
        lambda: pages.ask(mine, headers=headers),
    ]
    for deed, status in zip(deeds, (200, 200, 200, 404), strict=True):
        answer = deed()
        assert answer.status == status
        assert "Тыдзень" not in answer.text
        assert "pages.test" not in answer.text
