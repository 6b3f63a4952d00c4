"""`newsletter suppressions import|lift|count`: who left an earlier list is not written to, reader here or not."""

import io
import json
from base64 import b64encode
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter import addresses, subscribing
from newsletter.store.audit import AuditRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from tests.servers.command import Answer, Command

READER = "en-full-0@example.org"
AT_ONCE = 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "left.csv"


def quietly(answer: Answer, code: int, out: str) -> None:
    assert (answer.code, answer.out.strip()) == (code, out)
    assert "@" not in answer.out + answer.err


def counted(command: Command) -> dict[str, int]:
    found = json.loads(command("suppressions", "count", "--json").out)
    return {reason: number for reason, number in found.items() if number}


def readers(command: Command) -> int:
    with command.here.database.reading() as session:
        return len(session.scalars(select(SubscriberRow)).all())


def deeds(command: Command) -> list[str]:
    with command.here.database.reading() as session:
        return [what for what in session.scalars(select(AuditRow.what)) if what.startswith("suppress")]


def test_nobody_on_the_list_is_added_afterwards(command: Command, file: Path) -> None:
    file.write_text("email\na@b.example\nA@B.example\nc@b.example\n\n")
    quietly(command("suppressions", "import", file), 0, "suppressed 2, already there 1, readers forgotten 0, invalid 0")
    quietly(command("suppressions", "import", file), 0, "suppressed 0, already there 3, readers forgotten 0, invalid 0")
    assert counted(command) == {"imported": 2}
    assert deeds(command) == ["suppressed 2 imported, forgot 0"]
    answer = command("subscribers", "add", "c@b.example", "--edition", "en")
    assert answer.out.startswith("not added: left before")


@pytest.mark.parametrize("typed", ["n\n", "", "y\n", None])
def test_readers_on_the_list_are_forgotten_if_you_say_so(
    command: Command, file: Path, monkeypatch: pytest.MonkeyPatch, typed: str | None
) -> None:
    here = command.here
    here.load_seeds()
    here.add_readers(3)
    here.plan()
    file.write_text(f"email\n{READER.upper()}\nen-full-1@example.org\nen-full-1@example.org\nnew@example.org\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed or ""))
    answer = command("suppressions", "import", file, *(["--yes"] if typed is None else []))
    if typed is not None:
        assert "2 of them read here" in answer.err
    if typed in ("n\n", ""):
        quietly(answer, 1, "")
        assert (readers(command), counted(command), deeds(command)) == (3, {}, [])
        return
    quietly(answer, 0, "suppressed 3, already there 1, readers forgotten 2, invalid 0")
    assert (readers(command), counted(command)) == (1, {"imported": 3})
    assert here.status().counts["skipped"] == 2
    assert here.status().balances


def test_the_first_reason_stays(command: Command, file: Path) -> None:
    here = command.here
    with here.database.transaction() as session:
        subscribing.erase_address(session, here.keyring, addresses.parse(READER), today=here.clock().date())
    file.write_text(f"email\n{READER}\n")
    quietly(command("suppressions", "import", file), 0, "suppressed 0, already there 1, readers forgotten 0, invalid 0")
    assert counted(command) == {"erased": 1}


def test_an_entry_that_an_older_key_made_is_found(command: Command, file: Path) -> None:
    file.write_text("email\na@b.example\n")
    command("suppressions", "import", file)
    with command.here.settings.keys.open("a") as keys:
        keys.write(f"lookup {'0a' * 4} {b64encode(b'k' * 32).decode()}\n")
    quietly(command("suppressions", "import", file), 0, "suppressed 0, already there 1, readers forgotten 0, invalid 0")
    assert counted(command) == {"imported": 1}


def test_a_bad_line_never_stops_the_good_ones(command: Command, file: Path) -> None:
    lines = ["a@b.example,x", "no address,x", "b@b.example", '"c@b.example,x', "d@b.example,", "x" * 3000 + ",", "é,"]
    file.write_bytes("\n".join(["\ufeffEmail,When", *lines]).encode() + b"\n\xe9@b.example,x\n")
    answer = command("suppressions", "import", file)
    quietly(answer, 1, "suppressed 2, already there 0, readers forgotten 0, invalid 6")
    assert [line for line in answer.err.splitlines() if line.startswith(str(file))] == [
        f"{file}:3: not a valid e-mail address",
        f"{file}:4: has 1 columns where the header has 2",
        f"{file}:5: unexpected end of data",
        f"{file}:7: the line is too long",
        f"{file}:8: not a valid e-mail address",
        f"{file}:9: not UTF-8",
    ]


@pytest.mark.parametrize("text", [b"", b"address\na@b.example\n", b"a@b.example\n", '"email\n'.encode("utf-16")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_header_is_refused_and_nothing_stored(command: Command, file: Path, text: bytes) -> None:
    file.write_bytes(text)
    quietly(command("suppressions", "import", file), 2, "")
    assert counted(command) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_read_twice_is_named(command: Command, tmp_path: Path) -> None:
    for path, what in ((tmp_path / "none.csv", "No such file or directory"), (tmp_path, "wants a file")):
        answer = command("suppressions", "import", path)
        quietly(answer, 2, "")
        assert answer.err.startswith(f"newsletter: {path}: {what}")


def test_more_than_are_stored_at_once_are_all_stored(
    command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.cli.suppressions.AT_ONCE", AT_ONCE)
    names = command.here.add_readers(AT_ONCE + 10)
    others = [f"left-{number}@example.org" for number in range(AT_ONCE)]
    file.write_text("\n".join(["email", *names[5:], *others]))
    answer = command("suppressions", "import", file, "--yes")
    quietly(answer, 0, f"suppressed {2 * AT_ONCE + 5}, already there 0, readers forgotten {AT_ONCE + 5}, invalid 0")
    assert readers(command) == 5
    with command.here.database.reading() as session:
        assert len(session.scalars(select(SuppressionRow)).all()) == 2 * AT_ONCE + 5


def test_counts_are_by_reason(command: Command, file: Path) -> None:
    file.write_text("email\na@b.example\n")
    command("suppressions", "import", file)
    lines = [line.split() for line in command("suppressions", "count").out.splitlines()]
    assert lines == [
        [reason.value, "1" if reason is SuppressionReason.IMPORTED else "0"] for reason in SuppressionReason
    ]


@pytest.mark.parametrize("reason", SuppressionReason)
def test_who_asked_you_to_be_taken_off_the_list_can_be_added_again(command: Command, reason: SuppressionReason) -> None:
    here = command.here
    with here.database.transaction() as session:
        for name in ("a@b.example", "other@b.example"):
            suppress(session, here.keyring.lookup(name), reason, today=here.today)
    assert command("subscribers", "add", "a@b.example", "--edition", "en").out.startswith("not added: left before")
    with here.settings.keys.open("a") as keys:  # an entry that an older key made is found, too
        keys.write(f"lookup {'0a' * 4} {b64encode(b'k' * 32).decode()}\n")
    quietly(command("suppressions", "lift", "A@B.example"), 0, "lifted")
    assert deeds(command) == ["suppression lifted"]
    assert counted(command) == {reason.value: 1}
    assert command("subscribers", "add", "a@b.example", "--edition", "en").out.startswith("added")
    quietly(command("suppressions", "lift", "a@b.example"), 1, "nobody here")
    assert deeds(command) == ["suppression lifted"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_address_is_not_lifted(command: Command) -> None:
    answer = command("suppressions", "lift", "anna@")
    quietly(answer, 2, "")
