"""Where mail servers hand mail to us: URLs, ports that are taken, and sockets that nobody else may open."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.inbound.doors.listening import Listening, NoPlaceToListen, inherited
from newsletter.inbound.mail import Source
from tests.rooms.inbound import JOIN, Door
from tests.servers.handing import Handing
from tests.servers.places import short_directory


@pytest.fixture
def path() -> Iterator[Path]:
    directory = short_directory("lmtp")
    yield directory / "in"
    directory.rmdir()


@pytest.mark.parametrize(
    ("url", "where", "is_of_this_machine"),
    [
        ("lmtp://127.0.0.1:8024", "127.0.0.1:8024 (LMTP)", True),
        ("smtp://[::1]:2525/", "[::1]:2525 (SMTP)", True),
        ("lmtp://localhost:24", "localhost:24 (LMTP)", True),
        ("lmtp+unix:///run/newsletter/in%20here", "/run/newsletter/in here (LMTP)", True),
        ("lmtp://0.0.0.0:8024", "0.0.0.0:8024 (LMTP)", False),
        ("smtp://mail.example.org:25", "mail.example.org:25 (SMTP)", False),
    ],
)
def test_a_url_names_a_place(url: str, where: str, is_of_this_machine: bool) -> None:
    listening = Listening.at(url)
    assert (listening.where, listening.is_of_this_machine) == (where, is_of_this_machine)
    assert listening.protocol is (Source.SMTP if url.startswith("smtp") else Source.LMTP)


@pytest.mark.parametrize(
    "url",
    [
        "lmtp://127.0.0.1",
        "lmtp://:8024",
        "lmtp://127.0.0.1:70000",
        "lmtp://127.0.0.1:0",
        "lmtp://127.0.0.1:8024/path",
        "lmtp://user:secret@127.0.0.1:8024",
        "lmtp://127.0.0.1:8024?tls=none",
        "lmtp://[::1:8024",
        "lmtp+unix://run/in",
        "lmtp+unix:///",
        "lmtp+unix:///" + "a" * 107,
        "smtps://127.0.0.1:465",
        "nonsense",
    ],
)
def test_what_is_no_place_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(NoPlaceToListen, match="NEWSLETTER_INBOUND_URL") as refused:
        Listening.at(url)
    assert "secret" not in str(refused.value)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NoPlaceToListen, match=f"cannot listen at 127.0.0.1:{port} .*in use"):
            Listening.at(f"lmtp://127.0.0.1:{port}").sockets()
    listening = Listening.at(f"lmtp://127.0.0.1:{port}")
    listening.close(listening.sockets())


def test_a_host_that_there_is_not_is_said() -> None:
    with pytest.raises(NoPlaceToListen, match=r"cannot listen at no-such-host\.invalid:8024"):
        Listening.at("lmtp://no-such-host.invalid:8024").sockets()


def test_a_socket_that_was_opened_for_us_is_taken_over() -> None:
    opened = socket.create_server(("127.0.0.1", 0))
    (ours,) = inherited([opened.detach()])
    with ours:
        assert ours.getsockname()[0] == "127.0.0.1"


def test_a_path_is_for_its_owner_and_group_and_goes_with_the_server(path: Path) -> None:
    with Door(path=path) as door:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with Handing(door.at) as client:
            assert client.hand(JOIN, b"x").startswith("250")
    assert not path.exists()


def test_what_a_killed_server_left_is_taken_away_but_nothing_that_is_in_use(path: Path) -> None:
    listening = Listening.at(f"lmtp+unix://{path}")
    for each in listening.sockets():
        each.close()  # as a kill -9 leaves it
    opened = listening.sockets()
    with pytest.raises(NoPlaceToListen, match="in use"):
        listening.sockets()
    listening.close(opened)
    path.write_text("a file")
    with pytest.raises(NoPlaceToListen, match="in use"):
        listening.sockets()
    assert path.read_text() == "a file"
    path.unlink()


def test_a_folder_that_there_is_not_is_said() -> None:
    with pytest.raises(NoPlaceToListen, match="No such file"):
        Listening.at("lmtp+unix:///no/such/folder/in").sockets()
