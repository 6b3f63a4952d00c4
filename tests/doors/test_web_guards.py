"""What stands before a form: only our own pages post it, and it is counted for the network that it comes from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from newsletter.runtime import Runtime
from newsletter.web import app
from newsletter.web.guards.forms import Posted
from newsletter.web.guards.origin import FROM_US, origin_of
from newsletter.web.guards.visitor import Visitor
from newsletter.web.site import Tongue
from tests.servers.pages import Answer, Pages, runtime_at

BASE = "https://тыдзень.example/news"
SITE = "https://xn--d1acfzv8cl.example"
DISCREET = "https://letters.example"


class Probe:
    """A page with a form, as others of ours are made."""

    router = APIRouter()

    @staticmethod
    @router.post("/{code}/probe", dependencies=[FROM_US])
    def take(language: Tongue, form: Posted, network: Visitor) -> PlainTextResponse:
        """Say which network it was."""
        return PlainTextResponse(network)


def probed(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Pages:
    monkeypatch.setattr(app, "PAGES", (Probe, *app.PAGES))
    runtime.publication.discreet.__dict__["base_url"] = DISCREET
    return Pages(runtime)


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return runtime_at(f"sqlite:///{tmp_path / 'n.sqlite'}", tmp_path, base_url=BASE)


@pytest.fixture
def pages(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    with probed(runtime, monkeypatch) as running:
        yield running


def post(pages: Pages, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return pages.ask("/be/probe", method="POST", form={"a": "b"}, headers={"Host": "named.example", **sent})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": SITE},
        {"Origin": f"{SITE}:443"},
        {"Origin": DISCREET},
        {"Referer": f"{SITE}/news/be/"},
        {"Referer": DISCREET},
        {"Origin": SITE, "Referer": "https://evil.example/"},
        {"Origin": "http://192.0.2.1:8025", "Host": "192.0.2.1:8025"},
        {"Origin": "http://192.0.2.1", "Host": "192.0.2.1:80"},
        {"Origin": "https://[2001:db8::1]", "Host": "[2001:db8::1]"},
        {"Origin": "http://localhost:8025", "Host": "localhost:8025"},
    ],
)
def test_a_form_of_our_own_page_is_taken(pages: Pages, headers: dict[str, str]) -> None:
    answer = post(pages, **headers)
    assert (answer.status, answer.text) == (200, "127.0.0.0/24")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "null", "Referer": f"{SITE}/news/be/"},
        {"Origin": ""},
        {"Origin": "", "Referer": f"{SITE}/"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Referer": f"{SITE}/news/be/"},
        {"Referer": "https://evil.example/?https://letters.example"},
        {"Referer": "no-address"},
        {"Origin": SITE.replace("https", "http")},
        {"Origin": f"{SITE}:8443"},
        {"Origin": f"{SITE}.evil.example"},
        {"Origin": f"{SITE}@evil.example"},
        {"Origin": f"https://evil@{SITE.removeprefix('https://')}"},
        {"Origin": f"{SITE} {SITE}"},
        {"Origin": f"{SITE}, {SITE}"},
        {"Origin": "https://[", "Host": "["},
        {"Origin": f"https://{'a' * 5000}é.example"},
        # A name that a stranger can point at us is no proof, whatever the request says it was made to.
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Origin": "http://evil.example:8025", "Host": "evil.example:8025"},
        {"Origin": "http://127.0.0.1.evil.example", "Host": "127.0.0.1.evil.example"},
        {"Origin": "http://localhost:9000", "Host": "localhost:8025"},
        {"Origin": "http://192.0.2.2", "Host": "192.0.2.1"},
        {"Origin": "file://", "Host": "192.0.2.1"},
        {"Origin": "", "Host": ""},
    ],
)
def test_a_form_of_anybody_else_is_refused_kindly(pages: Pages, headers: dict[str, str]) -> None:
    answer = post(pages, **headers)
    assert answer.status == 403
    assert "Не атрымалася" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_it_is_refused_before_its_body_is_read(pages: Pages) -> None:
    head = "POST /be/probe HTTP/1.1\r\nHost: named.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert b" 403 " in pages.raw(f"{head}Content-Length: 1000\r\n\r\n".encode())


def test_two_origins_are_none(pages: Pages) -> None:
    head = "POST /be/probe HTTP/1.1\r\nHost: named.example\r\nContent-Length: 0\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    assert b" 200 " in pages.raw(f"{head}{kind}Origin: {SITE}\r\n\r\n".encode())
    assert b" 403 " in pages.raw(f"{head}{kind}Origin: {SITE}\r\nOrigin: {SITE}\r\n\r\n".encode())


@pytest.mark.parametrize("url", ["", "null", "https://", "//host", "ftp://host", "https://h:0x1", "https://a@b", "x:y"])
def test_what_is_no_page_of_the_web_has_no_origin(url: str) -> None:
    assert origin_of(url) is None


def test_a_proxy_that_is_not_named_is_not_believed_and_the_operator_is_told_once(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert post(pages, Origin=SITE, X_Forwarded_For="203.0.113.7").text == "127.0.0.0/24"
    told = [record.message for record in caplog.records if record.name == "newsletter.web.guards.visitor"]
    assert len(told) == 1
    assert "NEWSLETTER_TRUSTED_PROXIES" in told[0]
    assert "203" not in caplog.text


def test_a_proxy_that_is_named_says_who_comes(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runtime.settings = runtime.settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    with probed(runtime, monkeypatch) as pages:
        assert post(pages, Origin=SITE, X_Forwarded_For="198.51.100.1, 203.0.113.7").text == "203.0.113.0/24"
        assert post(pages, Origin=SITE, X_Forwarded_For="junk").text == "127.0.0.0/24"
        assert post(pages, Origin=SITE).text == "127.0.0.0/24"
    assert caplog.text == ""
