"""Leaving: only a person's (or a mail program's one-click) POST acts, and nothing is revealed."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from lxml import html

from newsletter.store.tallies import tallies
from newsletter.tokens import Purpose
from tests.servers.forms import press
from tests.servers.pages import NOW, Answer, Pages, add_reader, count_readers

ADDRESS = "reader@example.org"
BOUNDARY = "------------------------d74496d66958873e"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--{BOUNDARY}--\r\n'
).encode()


@pytest.fixture
def path(pages: Pages) -> str:
    """The leave page of the only reader."""
    return f"/be/leave/{pages.token(Purpose.LEAVE, add_reader(pages.runtime, ADDRESS))}"


def is_private(answer: Answer) -> bool:
    return (
        answer.headers["cache-control"] == "no-store"
        and answer.headers["x-robots-tag"] == "noindex"
        and answer.headers["referrer-policy"] == "same-origin"
        and "set-cookie" not in answer.headers
        and 'rel="alternate"' not in answer.text
    )


def title(answer: Answer) -> str:
    return str(html.document_fromstring(answer.text).findtext(".//title"))


def tallied(pages: Pages) -> dict[tuple[date, str], int]:
    with pages.runtime.database.reading() as session:
        return {(row.month, row.what): row.number for row in tallies(session)}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_no_other_method_than_post_acts(pages: Pages, path: str, method: str) -> None:
    answer = pages.ask(f"{path}?List-Unsubscribe=One-Click&confirm=yes", method=method)
    assert answer.status == (200 if method in ("GET", "HEAD") else 405)
    assert count_readers(pages.runtime) == 1


@pytest.mark.parametrize(("code", "button"), [("be", "Адпісацца"), ("ru", "Отписаться"), ("en", "Unsubscribe")])
def test_the_page_has_one_button_and_a_neutral_title(pages: Pages, path: str, code: str, button: str) -> None:
    answer = pages.ask(path.replace("/be/", f"/{code}/"))
    page = html.document_fromstring(answer.text)
    assert [str(element.xpath("string()")) for element in page.cssselect("button")] == [button]
    assert page.cssselect("form")[0].get("action") == path.replace("/be/", f"/{code}/")
    assert page.cssselect("form")[0].get("method") == "post"
    assert is_private(answer)
    assert pages.runtime.publication.name[code] not in title(answer)
    assert ADDRESS not in answer.text


@pytest.mark.parametrize(
    ("code", "words"), [("be", "Вы адпісаліся"), ("ru", "Вы отписались"), ("en", "You have unsubscribed")]
)
def test_the_button_lets_go_and_says_the_same_when_pressed_again(
    pages: Pages, path: str, code: str, words: str
) -> None:
    path = path.replace("/be/", f"/{code}/")
    before = pages.ask(path)
    left = press(pages, path)
    assert (left.status, count_readers(pages.runtime)) == (200, 0)
    assert words in left.text
    assert is_private(left)
    again = press(pages, path)
    assert (again.status, again.text) == (200, left.text)
    after = pages.ask(path)  # who has left still sees the page: it says nothing about anybody
    assert (after.status, after.text) == (200, before.text)
    assert tallied(pages) == {}


@pytest.mark.parametrize(
    ("why", "counted"),
    [
        ("1", "left:too-much"),
        ("2", "left:not-for-me"),
        ("3", "left:language"),
        ("4", "left:unsafe"),
        ("5", "left:other"),
        ("0", None),
        ("6", None),
        ("", None),
        ("because", None),
        ("1" * 5000, None),
    ],
)
def test_who_says_why_is_counted_once_and_by_month_alone(
    pages: Pages, path: str, why: str, counted: str | None
) -> None:
    for _ in range(2):
        assert press(pages, path, why=why).status == 200
    assert count_readers(pages.runtime) == 0
    assert tallied(pages) == ({(date(2026, 11, 1), counted): 1} if counted else {})


def test_one_click_is_counted_for_no_reason(pages: Pages, path: str) -> None:
    assert pages.ask(path, method="POST", form={"List-Unsubscribe": "One-Click", "why": "1"}).status == 200
    assert count_readers(pages.runtime) == 0
    assert tallied(pages) == {}


@pytest.mark.parametrize("code", ["be", "ru", "en"])
def test_the_one_question_may_be_left_open(pages: Pages, path: str, code: str) -> None:
    page = html.document_fromstring(pages.ask(path.replace("/be/", f"/{code}/")).text)
    (form,) = page.cssselect("main form")
    assert dict(form.form_values()).keys() == {"form", "confirm"}  # nothing is ticked beforehand
    answers = form.cssselect("input[type=radio]")
    assert [one.get("value") for one in answers] == ["1", "2", "3", "4", "5"]
    assert all(page.cssselect(f"label[for={one.get('id')}]")[0].text for one in answers)
    assert not form.cssselect("[required], textarea, input[type=text]")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}]
)
def test_a_button_on_a_page_of_others_lets_nobody_go(pages: Pages, path: str, headers: Mapping[str, str]) -> None:
    form = dict(html.document_fromstring(pages.ask(path).text).cssselect("main form")[0].form_values())
    answer = pages.ask(path, method="POST", form=form, headers=headers)
    assert (answer.status, count_readers(pages.runtime)) == (403, 1)
    assert is_private(answer)


@pytest.mark.parametrize(
    ("code", "words"), [("be", "занадта доўга"), ("ru", "слишком долго"), ("en", "open for too long")]
)
def test_a_page_that_lay_open_too_long_is_shown_again(pages: Pages, path: str, code: str, words: str) -> None:
    path = path.replace("/be/", f"/{code}/")
    form = dict(html.document_fromstring(pages.ask(path).text).cssselect("main form")[0].form_values())
    pages.runtime.clock = lambda: NOW + timedelta(hours=2, seconds=1)
    for token in (form["form"], "", "x", pages.token(Purpose.LEAVE, b"12345678")):
        typed = form | {"form": token, "why": "4"}
        answer = pages.ask(path, method="POST", form=typed, headers={"Origin": pages.url})
        assert (answer.status, count_readers(pages.runtime)) == (400, 1)
        assert words in answer.text
        assert is_private(answer)
    again = dict(html.document_fromstring(answer.text).cssselect("main form")[0].form_values())
    assert again["why"] == "4"
    assert pages.ask(path, method="POST", form=again, headers={"Origin": pages.url}).status == 200
    assert count_readers(pages.runtime) == 0


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"List-Unsubscribe=One-Click", {"Content-Type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"}),
        (MULTIPART, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
        (b"List-Unsubscribe=One-Click%0D%0A", {"Content-Type": "application/x-www-form-urlencoded"}),
        (MULTIPART.replace(b"\r\n", b"\n"), {"Content-Type": f'multipart/form-data; boundary="{BOUNDARY}"'}),
    ],
)
def test_one_click_lets_go_without_cookies_or_redirect(
    pages: Pages, path: str, form: bytes, headers: Mapping[str, str]
) -> None:
    headers = {**headers, "Origin": "null", "User-Agent": "mail"}
    for _ in range(2):  # RFC 8058 asks for no state: a second time it is done already
        answer = pages.ask(path, method="POST", form=form, headers=headers)
        assert (answer.status, answer.text) == (200, "OK\n")
        assert is_private(answer)
        assert "location" not in answer.headers
        assert count_readers(pages.runtime) == 0


@pytest.mark.parametrize(
    ("form", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 400),
        (b"confirm=no", "application/x-www-form-urlencoded", 400),
        (b"List-Unsubscribe=yes", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % number for number in range(60)), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"confirm=yes" + b"&" * 70_000, "application/x-www-form-urlencoded", 413),
        (b'{"confirm": "yes"}', "application/json", 415),
        (b"confirm=yes", "text/plain", 415),
        (b"confirm=yes", "", 415),
        (MULTIPART, "multipart/form-data", 400),
        (MULTIPART, "multipart/form-data; boundary=other", 400),
        (MULTIPART, "multipart/form-data; boundary*=idna''x", 400),
        (MULTIPART, "multipart/form-data; boundary*=punycode''-%ff", 400),
        (MULTIPART, "multipart/form-data; boundary*=undefined''x", 400),
    ],
)
def test_anything_else_that_is_posted_lets_nobody_go(
    pages: Pages, path: str, form: bytes, kind: str, status: int
) -> None:
    answer = pages.ask(path, method="POST", form=form, headers={"Content-Type": kind, "Origin": pages.url})
    assert answer.status == status
    assert is_private(answer)
    assert count_readers(pages.runtime) == 1


@pytest.mark.parametrize("room", ["leave", "preferences"])
@pytest.mark.parametrize(
    ("code", "words"),
    [("be", "Гэтая спасылка не працуе"), ("ru", "Эта ссылка не работает"), ("en", "This link does not work")],
)
def test_a_link_that_is_not_ours_is_answered_kindly(pages: Pages, path: str, room: str, code: str, words: str) -> None:
    token = path.rpartition("/")[2]
    other = {"leave": "preferences", "preferences": "leave"}[room]
    right = pages.token(Purpose(other), b"12345678")
    for wrong in (token[:-1], token.upper(), token[:-1] + "!", right, "x", "a" * 50, "%00", "а" * 50, token + "a"):
        quoted = wrong.replace("а", "%D0%B0")
        for method, form in (("GET", None), ("POST", {"confirm": "yes"}), ("POST", {"List-Unsubscribe": "One-Click"})):
            answer = pages.ask(f"/{code}/{room}/{quoted}", method=method, form=form, headers={"Origin": pages.url})
            assert answer.status == 404
            assert words in answer.text
            assert is_private(answer)
    assert count_readers(pages.runtime) == 1
