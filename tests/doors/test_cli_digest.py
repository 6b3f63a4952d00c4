"""`newsletter digest …`: each step says what it did, and a program gets the same facts as JSON."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.servers.command import Command

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""

COUNTS = {"queued": 0, "sending": 0, "sent": 0, "deferred": 0, "refused": 0, "doubtful": 0, "skipped": 0}


@pytest.fixture
def ready(command: Command) -> Command:
    """The sample's commentaries and readers, loaded."""
    command.here.load_seeds()
    command.here.add_readers(2)
    command.here.add_readers(3, "be-ru")
    return command


def test_status_is_the_account_that_the_documents_promise(ready: Command) -> None:
    assert ready("digest", "assemble", "2019-W41").code == 0
    assert ready.here.plan() == 5
    answer = ready("digest", "status", "2019-W41", "--json")
    status = json.loads(answer.out)
    english, belarusian = sorted(status.pop("letters"), key=lambda one: str(one["edition"]), reverse=True)
    assert status == COUNTS | {"week": "2019-W41", "state": "sending", "planned": 5, "queued": 5}
    for letter in (english, belarusian):
        assert 10_000 < letter.pop("bytes_html") < 80_000
    assert english == {
        "edition": "en", "languages": ["en"], "variant": "full", "readers": 2, "fallbacks": [],
        "omitted": ["language-of-official-news"],
    }  # fmt: skip
    assert belarusian == {
        "edition": "be-ru", "languages": ["be", "ru"], "variant": "full", "readers": 3, "omitted": [],
        "fallbacks": [{"slug": slug, "language": "ru"} for slug in ("language-of-official-news", "level-of-talks")],
    }  # fmt: skip
    assert (answer.code, answer.err) == (0, "")


def test_a_week_that_nobody_touched_is_open_and_counts_nothing(command: Command) -> None:
    status = json.loads(command("digest", "status", "2031-W01", "--json").out)
    assert status == COUNTS | {"week": "2031-W01", "state": "open", "planned": 0, "letters": []}


def test_assembled_letters_are_counted_before_they_are_planned(ready: Command) -> None:
    ready("digest", "assemble", "2019-W41")
    status = json.loads(ready("digest", "status", "2019-W41", "--json").out)
    assert (status["state"], status["planned"]) == ("assembled", 0)
    assert [(letter["edition"], letter["readers"]) for letter in status["letters"]] == [("be-ru", 3), ("en", 2)]


def test_a_person_reads_the_same_facts(ready: Command) -> None:
    ready.here.plan()
    for word in ("2019-W41", "sending", "planned 5", "5 queued", "en", "be, ru", "language-of-official-news"):
        assert word in ready("digest", "status", "2019-W41").out


def test_preview_writes_every_order_and_variant_read_by_somebody_or_not(command: Command, tmp_path: Path) -> None:
    command.here.load_seeds()
    out = tmp_path / "some" / "where"
    answer = command("digest", "preview", "2019-W41", "--out", out)
    names = [f"en.en.{variant}" for variant in ("full", "discreet")]
    names += [f"be-ru.{order}.{variant}" for order in ("be-ru", "ru-be") for variant in ("full", "discreet")]
    wanted = {f"2019-W41.{name}.{suffix}" for name in names for suffix in ("html", "txt", "eml")}
    assert {path.name for path in out.iterdir()} == wanted
    assert sorted(answer.out.split()) == sorted(str(out / name) for name in wanted)
    assert all(path.stat().st_size for path in out.iterdir())
    for path in out.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert message["Subject"]
        assert "[test]" not in message["Subject"]
    en = {path.name for path in out.iterdir() if ".en." in path.name}
    assert len(en) == 2 * 3
    command("digest", "preview", "2019-W41", "--edition", "en", "--out", tmp_path / "en")
    assert {path.name for path in (tmp_path / "en").iterdir()} == en


def test_preview_keeps_nothing(command: Command, tmp_path: Path) -> None:
    command.here.load_seeds()
    command("digest", "preview", "2019-W41", "--out", tmp_path / "out")
    assert json.loads(command("digest", "status", "2019-W41", "--json").out)["state"] == "open"


def test_approving_is_answered_and_seen(ready: Command) -> None:
    assert ready("digest", "approve", "2019-W41").out == "2019-W41: approved\n"
    assert json.loads(ready("digest", "status", "2019-W41", "--json").out)["state"] == "approved"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("status", "2019-W53"), "'2019-W53' is not a week; write it like 2019-W41 (ISO 8601)"),
        (("status", "last"), "'last' is not a week"),
        (("assemble", "2031-W01"), "2031-W01 has no commentaries; load them with: newsletter load PATH"),
        (("approve", "2031-W01"), "2031-W01 has no commentaries"),
        (("send", "2031-W01"), "2031-W01 has no commentaries"),
        (("preview", "2031-W01", "--out", "out"), "2031-W01 has no commentaries"),
        (("preview", "2019-W41", "--edition", "de", "--out", "out"), "no such edition: 'de'; there are: en, be-ru"),
        (("preview", "2019-W41"), "--out"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_clear_line(ready: Command, words: tuple[str, ...], fault: str) -> None:
    answer = ready("digest", *words)
    assert (answer.code, answer.out) == (2, "")
    assert fault in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_what_is_planned_is_not_assembled_or_approved_again(ready: Command) -> None:
    ready.here.plan()
    for word in ("assemble", "approve"):
        answer = ready("digest", word, "2019-W41")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert "2019-W41: the digest is sending already" in answer.err


def test_a_folder_that_cannot_be_written_is_named(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = ready("digest", "preview", "2019-W41", "--out", tmp_path / "file")
    assert (answer.code, answer.err) == (2, f"newsletter: {tmp_path / 'file'}: File exists\n")
