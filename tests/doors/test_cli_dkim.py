"""`newsletter keys dkim`, and the letters that are signed with what it makes."""

import re
import shlex
from email import message_from_bytes
from pathlib import Path

import dkim
import pytest

from tests.servers.command import Command
from tests.servers.postbox import Postbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""

WEEK = "2019-W41"
ZONE_LINE = re.compile(r'(\S+)\. IN TXT \( ((?:"[^"]{1,255}" ?)+)\)')


def published(line: str) -> dict[bytes, bytes]:
    """Return what a name server answers that has this line in its zone: name to the strings, joined."""
    found = ZONE_LINE.fullmatch(line)
    assert found
    return {f"{found[1]}.".encode(): "".join(shlex.split(found[2])).encode()}


def verifies(message: bytes, zone: dict[bytes, bytes]) -> bool:
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout: zone.get(name)))


def test_the_key_signs_test_sends_and_previews_and_its_record_verifies_them(
    command: Command, postbox: Postbox, tmp_path: Path
) -> None:
    command.here.load_seeds()
    sender = command.here.publication.sender.address
    answer = command("keys", "dkim", sender.partition("@")[2], "news1", "--out", tmp_path / "keys" / "news1.pem")
    assert answer.code == 0
    assert answer.err.startswith("Publish the record first")
    record, setting = answer.out.splitlines()
    zone = published(record)
    name, _, value = setting.partition("=")
    assert name == "NEWSLETTER_DKIM"

    sent = ("test-send", WEEK, "--edition", "be-ru", "--to", "me@example.org")
    assert command.alone(*sent, dkim=value).code == 0
    assert verifies(postbox.body("me@example.org"), zone)

    assert command.forked("digest", "preview", WEEK, "--out", tmp_path / "preview", dkim=value).code == 0
    shown = sorted((tmp_path / "preview").glob("*.eml"))
    assert len(shown) == 6
    domains = set()
    for path in shown:
        message = path.read_bytes()
        domain = message_from_bytes(message)["From"].rpartition("@")[2].rstrip(">")
        if domain == sender.partition("@")[2]:
            assert verifies(message, zone)
            domains.add(domain)
        else:  # a discreet letter from a neutral address: no key for that domain
            assert b"DKIM-Signature" not in message
    assert domains


def test_the_key_is_the_owners_and_never_written_over(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "news1.pem"
    assert command("keys", "dkim", "Пошта.example", "NEWS1", "--out", path).out.splitlines()[1] == (
        f"NEWSLETTER_DKIM=xn--80a1acn3a.example:news1:{path}"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    again = command("keys", "dkim", "example.org", "news1", "--out", path)
    assert (again.code, again.out) == (2, "")
    assert again.err == f"newsletter: {path}: there is a key file already; it is never written over\n"
    assert path.read_bytes() == before
    assert list(tmp_path.glob("*.pem")) == [path]


@pytest.mark.parametrize(
    ("domain", "selector", "file", "said"),
    [
        ("example", "news1", "a.pem", "not a domain that can send mail"),
        ("example.org/x", "news1", "a.pem", "not a domain that can send mail"),
        ("me@example.org", "news1", "a.pem", "not a domain that can send mail"),
        ("example.org", "news 1", "a.pem", "a selector is letters, digits and hyphens, as in a host's name"),
        ("example.org", "-news", "a.pem", "a selector is letters, digits and hyphens, as in a host's name"),
        ("example.org", "a..b", "a.pem", "a selector is letters, digits and hyphens, as in a host's name"),
        ("example.org", "x" * 64, "a.pem", "a selector is letters, digits and hyphens, as in a host's name"),
        ("example.org", "news1", "a key.pem", "--out: NEWSLETTER_DKIM has no place for a path with a blank in it"),
    ],
)
def test_what_could_not_be_used_is_not_made(
    command: Command, tmp_path: Path, domain: str, selector: str, file: str, said: str
) -> None:
    answer = command("keys", "dkim", domain, "--out", tmp_path / file, "--", selector)
    assert (answer.code, answer.out, answer.err) == (2, "", f"newsletter: {said}\n")
    assert not list(tmp_path.glob("*.pem"))


def test_a_wrong_key_is_said_at_the_start(command: Command, tmp_path: Path) -> None:
    given = f"example.org:news1:{tmp_path / 'none.pem'} example.net:{tmp_path}"
    # One of them as an operator starts it.
    for run, *words in ((command.alone, "worker"), (command.alone, "web"), (command.forked, "digest", "send", WEEK)):
        answer = run(*words, dkim=given)
        assert (answer.code, answer.out) == (2, "")
        assert [line.removeprefix("newsletter: ") for line in answer.err.splitlines()] == [
            f"NEWSLETTER_DKIM: entry 1: {tmp_path}/none.pem: cannot read the key file (No such file or directory)",
            "NEWSLETTER_DKIM: entry 2: wants DOMAIN:SELECTOR:FILE",
        ]
