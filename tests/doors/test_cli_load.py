"""`newsletter load`"""

from pathlib import Path

import pytest

from newsletter import publishing
from newsletter.store.audit import CORRECTED, last_done
from tests.servers.command import Command
from tests.verbs.conftest import SEEDS, WEEK
from tests.verbs.manuscripts import manuscript, write

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""


def test_what_loading_did_is_told_week_by_week(command: Command, tmp_path: Path) -> None:
    assert command("load", SEEDS).out == "2012-W44: 3 added\n2019-W12: 5 added\n2019-W41: 8 added\n"
    assert command("load", SEEDS).out == "2012-W44: 3 unchanged\n2019-W12: 5 unchanged\n2019-W41: 8 unchanged\n"
    write(tmp_path, "2012-W44/west/new.en.md")
    assert command("load", tmp_path).out == "2012-W44: 1 added, 3 removed\n"


def test_faults_are_told_a_line_each_and_nothing_is_stored(command: Command, tmp_path: Path) -> None:
    one = write(tmp_path, "2019-W41/west/a.en.md", manuscript(outlook="bad", body="[x](javascript:y)"))
    other = write(tmp_path, "2019-W41/sport/b.en.md")
    write(tmp_path, "2019-W41/west/good.en.md")
    answer = command("load", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert [line.split(": ")[:2] for line in answer.err.splitlines()] == [
        ["newsletter", str(other)], ["newsletter", f"{one}:2"], ["newsletter", f"{one}:7"]
    ]  # fmt: skip
    write(tmp_path, "2019-W41/west/a.en.md")
    other.unlink()
    assert command("load", tmp_path).out == "2019-W41: 2 added\n"


def test_a_digest_made_stale_and_an_archive_mended_are_said_aloud(command: Command, tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/a.en.md")
    command("load", tmp_path)
    with command.here.database.transaction() as session:
        publishing.assemble(session, command.here.publication, WEEK)
    write(tmp_path, "2019-W41/west/a.en.md", manuscript(headline="Another"))
    assert command("load", tmp_path).err == (
        "2019-W41: the digest that was assembled is out of date; assemble (and approve) it again\n"
    )
    command.here.add_readers(1)
    command.here.plan()
    write(tmp_path, "2019-W41/west/a.en.md", manuscript(headline="A third"))
    refused = command("load", tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert "2019-W41: its digest is planned and frozen, and a would change" in refused.err
    mended = command("load", tmp_path, "--correct")
    assert (mended.code, mended.out) == (0, "2019-W41: 1 changed\n")
    assert mended.err == "2019-W41: the archive is mended; the letters stay as they were planned\n"
    with command.here.database.reading() as session:
        assert last_done(session, CORRECTED) == {"2019-W41": command.here.clock()}  # once: the refused load left none


def test_a_folder_that_holds_nothing_is_named(command: Command, tmp_path: Path) -> None:
    answer = command("load", tmp_path / "none")
    assert answer.code == 2
    assert answer.err.startswith(f"newsletter: {tmp_path / 'none'}: has no folder commentaries/<week>/<section>/")
