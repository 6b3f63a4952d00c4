"""What the pages answer to the odd, the hostile and the broken: never a 5xx for what a visitor sends."""

import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.store import Database, open_database
from newsletter.tokens import Purpose
from newsletter.web.shields import HEADERS
from tests.servers.hall import Hall
from tests.servers.pages import Pages, add_reader, load_seeds, runtime_at

KNOWN = (
    "be ru en archive sections leave preferences static healthz 2019-W41 2019-W60 9999-W52 0000-W00 general security "
    "arms-industry .. ."
)
PARTS = st.one_of(st.sampled_from([*KNOWN.split(), "", "%", "\x00", "\n", "a" * 2000]), st.text(max_size=30))
PATHS = st.lists(PARTS, max_size=4).map(lambda parts: "/" + "/".join(quote(part, safe="%") for part in parts))
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=200)


@settings(max_examples=400, deadline=None)
@given(path=PATHS, method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]), accept=HEADER, kind=HEADER)
def test_whatever_is_asked_for_is_no_fault_of_ours(
    library: Pages, path: str, method: str, accept: str, kind: str
) -> None:
    form = b"confirm=yes" if method in ("POST", "PUT") else None
    headers = {"Accept-Language": accept, "Content-Type": kind}
    answer = library.ask(path, method=method, headers=headers, form=form)
    assert answer.status < 500
    for name, value in HEADERS.items():
        assert answer.headers[name.lower()] == value
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


@pytest.fixture(scope="session")
def reader(library: Pages) -> str:
    """The leave token of a reader of the library."""
    return library.token(Purpose.LEAVE, add_reader(library.runtime))


@settings(max_examples=100, deadline=None)
@given(
    body=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode())),
    kind=st.one_of(
        st.just("application/x-www-form-urlencoded"),
        st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=--", "multipart/mixed; boundary=a"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20).map(
            lambda mark: f"multipart/form-data; boundary={mark}"
        ),
        HEADER,
    ),
)
def test_whatever_is_posted_is_no_fault_of_ours(library: Pages, reader: str, body: bytes, kind: str) -> None:
    allowed = {  # from a page of ours; from nowhere
        f"/be/leave/{reader}": ((400, 415), (400, 403, 415)),  # a mail program's one click comes from nowhere
        "/be/subscribe": ((400, 415), (403,)),
        f"/be/preferences/{'a' * 50}": ((400, 404, 415), (403,)),
    }
    for path, (ours, strangers) in allowed.items():
        for origin, statuses in (({"Origin": library.url}, ours), ({}, strangers)):
            answer = library.ask(path, method="POST", form=body, headers={"Content-Type": kind, **origin})
            assert answer.status in statuses, (path, origin)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /be/%00 HTTP/1.1",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1",
        b"GET /be/2019-W41/%ff%fe HTTP/1.1",
        b"GET /be/%ed%a0%80 HTTP/1.1",
        b"GET //evil.example/ HTTP/1.1",
        b"GET http://evil.example/be/ HTTP/1.1",
        b"GET /be/../../etc/passwd HTTP/1.1",
        b"GET \x00 HTTP/1.1",
        b"GET be HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"\x16\x03\x01\x02\x00",
    ],
    ids=repr,
)
def test_raw_octets_get_a_4xx_or_a_page(library: Pages, request_line: bytes) -> None:
    first = library.raw(request_line[:300_000] + b"\r\nHost: pages.test\r\nConnection: close\r\n\r\n")
    assert first == b"" or first.split()[1][:1] in (b"2", b"4"), first


@pytest.mark.parametrize("path", ["/", "/be", "/be/", "//evil.example", "/be//evil.example/"])
def test_no_answer_leads_to_another_host(library: Pages, path: str) -> None:
    answer = library.ask(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert answer.headers.get("location", "/be/") == "/be/"
    assert "evil.example" not in answer.text


def test_nothing_describes_the_machinery(library: Pages) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/static/", "/static/style.css", "/static/../base.html"):
        assert library.ask(path).status == 404


def test_health_says_only_whether_the_database_answers(library: Pages) -> None:
    answer = library.ask("/healthz")
    assert (answer.status, answer.text) == (200, '{"status":"ok"}')


def test_without_a_database_health_and_pages_say_so_and_no_more(tmp_path: Path) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path)
    runtime.database.close()
    runtime.database = open_database("postgresql://user:secret@127.0.0.1:1/none")
    with Pages(runtime) as pages:
        health = pages.ask("/healthz")
        assert (health.status, health.text) == (503, '{"status":"unavailable"}')
        page = pages.ask("/be/archive")
        assert (page.status, page.headers["retry-after"]) == (503, "60")
        assert "Хутка вернемся" in page.text
        assert "secret" not in page.text


class Broken(Database):
    """A database whose code has a fault."""

    def __init__(self) -> None:
        pass

    def reading(self) -> None:  # type: ignore[override]
        raise RuntimeError("reader@example.org")

    def close(self) -> None:
        pass


def test_a_fault_of_ours_has_the_shields_and_tells_nothing(tmp_path: Path) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path)
    runtime.database.close()
    runtime.database = Broken()
    with Pages(runtime) as pages:
        answer = pages.ask("/ru/archive")
    assert answer.status == 500
    assert "Скоро вернёмся" in answer.text
    assert "reader" not in answer.text
    for name, value in HEADERS.items():
        assert answer.headers[name.lower()] == value


def test_no_log_holds_a_token_or_a_visitor(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    runtime = runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path)
    load_seeds(runtime)
    token = ""
    with caplog.at_level(logging.DEBUG), Pages(runtime, Hall()) as pages:  # what a server says as it starts, too
        token = pages.token(Purpose.LEAVE, add_reader(runtime))
        for path in (f"/be/leave/{token}", f"/be/leave/{token}?x=reader@example.org", f"/be/{token}"):
            pages.ask(path, headers={"X-Forwarded-For": "192.0.2.7"})
        pages.ask(f"/be/leave/{token}", method="POST", form={"confirm": "yes"})
    for secret in (token, "reader@example.org", "192.0.2.7"):
        assert secret not in caplog.text
