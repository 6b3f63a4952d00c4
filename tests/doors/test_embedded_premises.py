"""What a run of the embedded service may use: one run a folder, ports that are free, nothing that was given."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.embedded.premises import AlreadyRunning, PortTaken, Premises, lock, settle
from newsletter.errors import Faults
from newsletter.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
USUAL = (8024, 8025, 8026, 8027)


def _settled(tmp_path: Path, **given: object) -> Premises:
    values = {"data_dir": tmp_path, "publication": ROOT / "seeds" / "publication.toml"} | given
    premises = settle(Settings.model_validate(values))
    premises.close()
    return premises


@pytest.fixture
def usual_ports_taken() -> Iterator[None]:
    """Somebody listens on each of them: we, or a service that the developer runs."""
    held = []
    for port in USUAL:
        with suppress(OSError):
            held.append(socket.create_server(("127.0.0.1", port)))
    yield
    for server in held:
        server.close()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.usefixtures("usual_ports_taken")
def test_a_usual_port_that_is_taken_gives_way_to_the_next_and_everyone_is_told(tmp_path: Path) -> None:
    premises = _settled(tmp_path)
    settings = premises.settings
    chosen = [settings.web_port, int(settings.smtp_url.get_secret_value().rpartition(":")[2]), settings.inbox_port]
    chosen.append(int(settings.inbound_url.rpartition(":")[2]))
    assert len(set(chosen)) == 4
    assert not set(chosen) & set(USUAL)
    assert premises.base_url == f"http://127.0.0.1:{settings.web_port}"
    assert [line.split()[1] for line in premises.moved] == ["8025", "8026", "8027", "8024"]


@pytest.mark.parametrize("name", ["web_port", "inbox_port"])
def test_a_port_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path, taken_port: int, name: str) -> None:
    with pytest.raises(PortTaken, match=f"NEWSLETTER_{name.upper()}: port {taken_port} is in use"):
        _settled(tmp_path, **{name: taken_port})


def test_a_place_for_mail_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(PortTaken, match=f"NEWSLETTER_INBOUND_URL: port {taken_port} is in use"):
        _settled(tmp_path, inbound_url=f"lmtp://127.0.0.1:{taken_port}")


def test_a_socket_for_mail_is_opened_by_the_child_that_serves_it(tmp_path: Path) -> None:
    premises = _settled(tmp_path, inbound_url="lmtp+unix:///run/newsletter/in")
    assert "inbound" not in premises.listening
    assert premises.environment["NEWSLETTER_INBOUND_URL"] == "lmtp+unix:///run/newsletter/in"


def test_an_address_that_readers_know_stays_whatever_the_port(tmp_path: Path) -> None:
    premises = _settled(tmp_path, base_url="https://week.example.org", discreet_base_url="https://letter.example.net")
    assert premises.base_url == "https://week.example.org"
    assert premises.environment["NEWSLETTER_DISCREET_BASE_URL"] == "https://letter.example.net"


@pytest.mark.usefixtures("usual_ports_taken")
def test_both_addresses_of_the_sample_lead_to_the_port_that_was_taken(tmp_path: Path) -> None:
    premises = _settled(tmp_path)
    port = premises.settings.web_port
    assert premises.environment["NEWSLETTER_BASE_URL"] == f"http://127.0.0.1:{port}"
    assert premises.environment["NEWSLETTER_DISCREET_BASE_URL"] == f"http://localhost:{port}"


def test_links_that_only_this_machine_can_follow_are_a_fault_where_readers_are_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"discreet\.base_url: leads to this machine alone.*NEWSLETTER_DISCREET_BASE_URL"):
        _settled(tmp_path, base_url="https://week.example.org")


def test_what_the_operator_gives_is_not_started(tmp_path: Path) -> None:
    premises = _settled(
        tmp_path, smtp_url=SecretStr("smtp://mail.example.org:587"), broker_url=SecretStr("redis://there:6379")
    )
    assert (premises.starts_postbox, premises.starts_valkey) == (False, False)
    assert premises.environment["NEWSLETTER_SMTP_URL"] == "smtp://mail.example.org:587"
    assert premises.environment["NEWSLETTER_BROKER_URL"] == "redis://there:6379"


def test_children_read_back_what_was_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    premises = _settled(tmp_path)
    for name, value in premises.environment.items():
        monkeypatch.setenv(name, value)
    read = load_settings()
    assert read.broker == premises.settings.broker
    assert read.database == premises.settings.database
    assert (read.web_port, read.inbox_port) == (premises.settings.web_port, premises.settings.inbox_port)


def test_a_folder_is_for_one_run_at_a_time_and_the_second_hears_where_the_first_is(tmp_path: Path) -> None:
    held = lock(tmp_path / "var")
    os.write(held, b"http://127.0.0.1:8025/")
    with pytest.raises(AlreadyRunning, match=r"running already: http://127\.0\.0\.1:8025/$"):
        lock(tmp_path / "var")
    os.close(held)
    again = lock(tmp_path / "var")
    assert os.read(again, 100) == b""
    os.close(again)


@pytest.mark.parametrize(
    ("url", "stays"),
    [("smtp://127.0.0.1:2525", True), ("smtp://localhost", True), ("smtps://mail.example.org", False)],
)
def test_made_up_readers_are_never_written_to_over_a_real_relay(tmp_path: Path, url: str, stays: bool) -> None:
    assert _settled(tmp_path, smtp_url=SecretStr(url)).mail_stays_here is stays
