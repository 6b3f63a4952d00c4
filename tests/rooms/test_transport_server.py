"""The SMTP URL: what it says, and what is wrong with it without quoting it."""

import pytest

from newsletter.errors import OperatorError
from newsletter.transport import Server, Tls, parse_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:8026", Server("127.0.0.1", 8026, Tls.NONE)),
        ("smtp://localhost/", Server("localhost", 25, Tls.NONE)),
        ("smtp://[::1]:2525", Server("::1", 2525, Tls.NONE)),
        ("smtp://127.0.0.1?tls=starttls", Server("127.0.0.1", 25, Tls.STARTTLS)),
        ("smtp://mail.example.org", Server("mail.example.org", 25, Tls.STARTTLS)),
        ("smtp://localhost.example.org", Server("localhost.example.org", 25, Tls.STARTTLS)),
        ("smtp://mail.example.org?tls=none", Server("mail.example.org", 25, Tls.NONE)),
        ("smtps://mail.example.org", Server("mail.example.org", 465, Tls.IMPLICIT)),
        ("smtps://a%40b:p%3A%2F@mail.example.org:1", Server("mail.example.org", 1, Tls.IMPLICIT, "a@b", "p:/")),
        (
            "smtps://mail.example.org?connections=4&timeout=2.5&ca=/etc/ca.pem&name=news.example",
            Server("mail.example.org", 465, Tls.IMPLICIT, "", "", 4, 2.5, "/etc/ca.pem", "news.example"),
        ),
        (
            "smtp://localhost?weight=2.5&per_minute=600",
            Server("localhost", 25, Tls.NONE, weight=2.5, per_minute=600),
        ),
    ],
)
def test_a_url_is_read(url: str, server: Server) -> None:
    assert parse_server(url) == server


def test_settings_hold_unless_the_url_says_others() -> None:
    assert parse_server("smtp://localhost?timeout=9", connections=3, timeout=7) == Server(
        "localhost", 25, Tls.NONE, connections=3, timeout=9
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://anna:s3cret@mail.example.org",
        "anna:s3cret@mail.example.org",
        "smtp://anna:s3cret@",
        "smtp://anna:s3cret@mail.example.org:port",
        "smtp://anna:s3cret@mail.example.org:99999",
        "smtp://anna:s3cret@mail.example.org:0",
        "smtp://anna:s3cret@mail.example.org/path",
        "smtp://anna:s3cret@mail.example.org#part",
        "smtp://anna:s3cret@[::1",
        "smtp://:s3cret@mail.example.org",
        "smtp://s3cret@mail.example.org",
        "smtp://anna:s3cret@mail.example.org?tls=maybe",
        "smtps://anna:s3cret@mail.example.org?tls=none",
        "smtp://anna:s3cret@mail.example.org?tls=none&tls=starttls",
        "smtp://anna:s3cret@mail.example.org?connections=0",
        "smtp://anna:s3cret@mail.example.org?connections=2.5",
        "smtp://anna:s3cret@mail.example.org?timeout=nan",
        "smtp://anna:s3cret@mail.example.org?timeout=9999",
        "smtp://anna:s3cret@mail.example.org?name=a b",
        "smtp://anna:s3cret@mail.example.org?wait=5",
        "smtp://anna:s3cret@mail.example.org?tls",
    ],
)
def test_a_wrong_url_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(OperatorError) as error:
        parse_server(url)
    assert "s3cret" not in f"{error.value!r}{error.value.__cause__!r}"


def test_a_password_is_never_printed() -> None:
    assert "s3cret" not in repr(parse_server("smtp://anna:s3cret@localhost"))
