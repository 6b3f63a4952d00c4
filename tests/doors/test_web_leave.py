"""Leaving and preferences: only a person's (or a mail program's one-click) POST acts, and nothing is revealed."""

from collections.abc import Mapping

import pytest
from lxml import html

from newsletter.tokens import Purpose
from tests.servers.pages import Answer, Pages, add_reader, count_readers

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


def test_the_button_lets_go_and_says_the_same_when_pressed_again(pages: Pages, path: str) -> None:
    left = pages.ask(path, method="POST", form={"confirm": "yes"})
    assert (left.status, count_readers(pages.runtime)) == (200, 0)
    assert "Вы адпісаліся" in left.text
    assert is_private(left)
    again = pages.ask(path, method="POST", form={"confirm": "yes"})
    assert (again.status, again.text) == (200, left.text)
    assert pages.ask(path).status == 200  # who has left still sees the page: it says nothing about anybody


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"List-Unsubscribe=One-Click", {"Content-Type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"}),
        (MULTIPART, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
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
    ],
)
def test_anything_else_that_is_posted_lets_nobody_go(
    pages: Pages, path: str, form: bytes, kind: str, status: int
) -> None:
    answer = pages.ask(path, method="POST", form=form, headers={"Content-Type": kind})
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
        for method in ("GET", "POST") if room == "leave" else ("GET",):
            form = {"confirm": "yes"} if method == "POST" else None
            answer = pages.ask(f"/{code}/{room}/{quoted}", method=method, form=form)
            assert answer.status == 404
            assert words in answer.text
            assert is_private(answer)
    assert count_readers(pages.runtime) == 1


@pytest.mark.parametrize(
    ("edition", "discreet", "words"),
    [
        ("be-ru", False, ["Па-беларуску, а калі няма", "Русский, Беларуская", "поўны"]),
        ("en", True, ["Па-англійску", "English", "непрыкметны"]),
    ],
)
def test_preferences_show_what_a_reader_gets_and_never_the_address(
    pages: Pages, edition: str, discreet: bool, words: list[str]
) -> None:
    ref = add_reader(pages.runtime, ADDRESS, edition=edition, discreet=discreet)
    answer = pages.ask(f"/be/preferences/{pages.token(Purpose.PREFERENCES, ref)}")
    assert answer.status == 200
    assert is_private(answer)
    page = html.document_fromstring(answer.text)
    facts = " ".join(str(page.cssselect("dl")[0].xpath("string()")).split())
    assert all(word in facts for word in words)
    assert ADDRESS not in answer.text
    assert page.cssselect('a[href="mailto:editors@week.example.org"]')
    leave = page.cssselect("main a.button")[0].get("href")
    assert leave == f"/be/leave/{pages.token(Purpose.LEAVE, ref)}"
    assert pages.ask(leave, method="POST", form={"confirm": "yes"}).status == 200
    assert pages.ask(f"/be/preferences/{pages.token(Purpose.PREFERENCES, ref)}").status == 404
