"""Preferences: shown and changed through a letter's link, and nothing there tells whose they are."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from lxml import html
from sqlalchemy import select

from newsletter import publishing
from newsletter.outcomes import State
from newsletter.store.askings import AskingRow
from newsletter.store.choices import stop, subscriber_to_change
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.tokens import Purpose
from newsletter.web.readers import preferences
from newsletter.weeks import Week
from tests.doors.own_pages import CODES, chosen, form_in, pages, path, reader, ref, says_nothing_of_the_reader, ticked
from tests.servers.forms import press
from tests.servers.pages import NOW, Pages, load_seeds

__all__ = ["pages", "path", "ref"]


@pytest.fixture
def rung(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """What was rung for, and how many open deliveries and notes another could see at that moment."""
    bells: list[tuple[str, int, int]] = []

    def ring(what: str) -> Callable[[], bool]:
        def heard() -> bool:
            with pages.runtime.database.reading() as session:
                owed = session.query(DeliveryRow).filter_by(state=State.QUEUED).count()
                bells.append((what, owed, session.query(NoteRow).count()))
            return True

        return heard

    monkeypatch.setattr(preferences, "ring_for_letters", ring("letters"))
    monkeypatch.setattr(preferences, "ring_for_notes", ring("notes"))
    return bells


@CODES
def test_it_is_filled_in_with_what_stands_and_names_nobody(pages: Pages, path: str, ref: bytes, code: str) -> None:
    path = path.replace("/be/", f"/{code}/")
    answer = pages.ask(path)
    assert answer.status == 200
    assert says_nothing_of_the_reader(answer)
    assert ticked(answer) == {"choice": "be-ru:ru-be", "variant": "full", "silence": "none", "until": ""}
    page = html.document_fromstring(answer.text)
    ids = [element.get("id") for element in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    fields = page.cssselect("main input:not([type=hidden])")
    assert len(fields) == 3 + 2 + 5 + 1
    labelled = {element.get("for") for element in page.cssselect("main label")}
    assert all(field.get("id") in labelled or field.get("aria-label") for field in fields)
    assert all(form.get("action").startswith(f"/{code}/preferences/") for form in page.cssselect("main form"))
    assert page.cssselect(f'a[href="/{code}/leave/{pages.token(Purpose.LEAVE, ref)}"]')


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_no_other_method_than_post_acts(pages: Pages, path: str, method: str) -> None:
    before = chosen(pages)
    for tail in ("", "/access"):
        answer = pages.ask(f"{path}{tail}?choice=en:en&variant=discreet&silence=2026-12-24", method=method)
        assert answer.status == (200 if method in ("GET", "HEAD") and not tail else 405)
    assert chosen(pages) == before
    with pages.runtime.database.reading() as session:
        assert session.query(NoteRow).count() == 0


@pytest.mark.parametrize(("code", "words"), [("be", "Захавана."), ("ru", "Сохранено."), ("en", "Saved.")])
def test_what_is_chosen_is_saved_and_shown(pages: Pages, path: str, code: str, words: str) -> None:
    answer = press(pages, path.replace("/be/", f"/{code}/"), choice="en:en", variant="discreet")
    assert answer.status == 200
    assert says_nothing_of_the_reader(answer)
    page = html.document_fromstring(answer.text)
    assert [element.text for element in page.cssselect("[role=status]")] == [words]
    assert not page.cssselect("[role=alert]")
    assert ticked(answer) == {"choice": "en:en", "variant": "discreet", "silence": "none", "until": ""}
    assert chosen(pages) == ("en", "en", "discreet", None)
    assert press(pages, path, choice="be-ru:be-ru").status == 200
    assert chosen(pages) == ("be-ru", "be ru", "discreet", None)


def test_what_is_owed_is_owed_in_the_new_letter_before_the_bell_rings(
    pages: Pages, path: str, rung: list[tuple[str, int, int]]
) -> None:
    load_seeds(pages.runtime)
    with pages.runtime.database.transaction() as session:
        publishing.send(session, pages.runtime.publication, Week(2019, 41), now=NOW, who="test", batch_size=1000)
    press(pages, path)  # nothing changed: nobody need hear of it
    assert rung == []
    press(pages, path, variant="discreet")
    assert rung == [("letters", 1, 0)]
    with pages.runtime.database.reading() as session:
        assert [row.state for row in session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))] == [
            State.SKIPPED,
            State.QUEUED,
        ]


@pytest.mark.parametrize("choice", ["", "fr:fr", "en:ru", "be-ru:be", "be-ru", None, "x" * 5000])
def test_a_choice_that_is_not_offered_is_said_in_the_form(pages: Pages, path: str, choice: str | None) -> None:
    answer = press(pages, path, choice=choice, variant="discreet", silence="2026-11-16")
    assert answer.status == 400
    page = html.document_fromstring(answer.text)
    assert "Выберыце моўную версію" in page.cssselect("#choice-fault")[0].text
    assert ticked(answer) == {"variant": "discreet", "silence": "2026-11-16", "until": ""}
    assert chosen(pages) == ("be-ru", "ru be", "full", None)


def test_a_variant_that_is_none_leaves_it_as_it_is(pages: Pages, path: str) -> None:
    assert press(pages, path, variant="loud", choice="en:en").status == 200
    assert chosen(pages) == ("en", "en", "full", None)


@pytest.mark.parametrize("tail", ["", "/access"])
def test_strangers_and_stale_forms_change_nothing(pages: Pages, path: str, tail: str) -> None:
    form = form_in(pages.ask(path))
    form["choice"] = "en:en"
    before = chosen(pages)
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert pages.ask(path + tail, method="POST", form=form, headers=origin).status == 403
    pages.runtime.clock = lambda: NOW + timedelta(hours=2, minutes=1)
    for token in (form["form"], "", "x", pages.token(Purpose.PREFERENCES, b"12345678")):
        answer = pages.ask(path + tail, method="POST", form=form | {"form": token}, headers={"Origin": pages.url})
        assert answer.status == 400
        assert html.document_fromstring(answer.text).cssselect("[role=alert]")
        assert ticked(answer)["choice"] == ("be-ru:ru-be" if tail else "en:en")
    assert chosen(pages) == before
    with pages.runtime.database.reading() as session:
        assert session.query(NoteRow).count() == 0
    again = form_in(answer)
    assert pages.ask(path, method="POST", form=again, headers={"Origin": pages.url}).status == 200


@CODES
def test_who_is_gone_has_no_preferences(pages: Pages, path: str, ref: bytes, code: str) -> None:
    path = path.replace("/be/", f"/{code}/")
    form = form_in(pages.ask(path))
    pages.ask(f"/be/leave/{pages.token(Purpose.LEAVE, ref)}", method="POST", form={"List-Unsubscribe": "One-Click"})
    for answer in (
        pages.ask(path),
        pages.ask(path, method="POST", form=form, headers={"Origin": pages.url}),
        pages.ask(f"{path}/access", method="POST", form=form, headers={"Origin": pages.url}),
    ):
        assert answer.status == 404
        assert says_nothing_of_the_reader(answer)
        assert html.document_fromstring(answer.text).cssselect(f'a.button[href="/{code}/subscribe"]')


@CODES
def test_who_was_stopped_reads_so_and_how_to_begin_again(pages: Pages, path: str, ref: bytes, code: str) -> None:
    path = path.replace("/be/", f"/{code}/")
    form = form_in(pages.ask(path))
    with pages.runtime.database.transaction() as session:
        row = subscriber_to_change(session, ref=ref)
        assert row is not None
        stop(session, row, "bad-address")
    page = html.document_fromstring(pages.ask(path).text)
    (again,) = page.cssselect("main .warning a.button")
    assert again.get("href") == f"/{code}/subscribe?edition=be-ru&languages=ru%2Cbe&variant=full"
    assert ticked(pages.ask(again.get("href")))["choice"] == "be-ru:ru-be"
    assert not page.cssselect("main input[type=radio]")
    assert page.cssselect("main form")[0].get("action") == f"{path}/access"
    assert pages.ask(path, method="POST", form=form, headers={"Origin": pages.url}).status == 200
    assert reader(pages).state == "stopped"


def test_of_an_edition_that_is_offered_no_more_one_has_to_choose_another(pages: Pages, path: str) -> None:
    with pages.runtime.database.transaction() as session:
        session.scalars(select(SubscriberRow)).one().edition = "dropped"
    assert "choice" not in ticked(pages.ask(path))
    assert press(pages, path, silence="2026-11-16").status == 400
    assert press(pages, path, silence="2026-11-16", choice="en:en").status == 200
    assert chosen(pages) == ("en", "en", "full", date(2026, 11, 16))


@pytest.mark.parametrize(("code", "words"), [("be", "1 дзень"), ("ru", "1 день"), ("en", "works for 1 day.")])
def test_a_link_to_ones_data_is_mailed_and_the_page_says_no_more(
    pages: Pages, path: str, rung: list[tuple[str, int, int]], code: str, words: str
) -> None:
    path = path.replace("/be/", f"/{code}/")
    first = press(pages, path, form=1)
    assert first.status == 200
    assert words in first.text
    assert says_nothing_of_the_reader(first)
    assert rung == [("notes", 0, 1)]
    with pages.runtime.database.reading() as session:
        note, asking = session.scalars(select(NoteRow)).one(), session.scalars(select(AskingRow)).one()
    assert (note.kind, note.tongue, asking.kind) == ("access", "ru", "access")
    assert pages.token(Purpose.ACCESS, asking.ref) not in first.text
    for _ in range(4):  # more than are sent, and nobody sees that
        assert press(pages, path, form=1).text == first.text
    with pages.runtime.database.reading() as session:
        assert session.query(NoteRow).count() == 3


def test_it_works_under_the_neutral_host_and_says_nothing_of_the_publication(pages: Pages, path: str) -> None:
    headers = {"Host": "letter.test", "Origin": "http://letter.test"}
    for answer in (
        pages.ask(path, headers=headers),
        press(pages, path, headers=headers, choice="en:en", silence="2026-11-16"),
        press(pages, path, headers=headers, form=1),
    ):
        assert answer.status == 200
        assert "Тыдзень" not in answer.text
        assert "pages.test" not in answer.text
    assert chosen(pages) == ("en", "en", "full", date(2026, 11, 16))
