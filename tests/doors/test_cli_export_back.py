"""The way back in of an export; and that no spreadsheet runs what stands in one."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter import addresses, agefile, subscribing
from newsletter.cli.cells import FORMULAS, guarded, unguarded
from newsletter.cli.wishes import EXPORTED
from newsletter.digest import Variant
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from tests.doors.test_cli_export import WORDS, written
from tests.servers.command import Command

HEADER = ",".join(EXPORTED)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return written(tmp_path / "passphrase", WORDS + "\n")


def exported(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "other.age"
    with file.open("wb") as out:
        agefile.encrypt(out, [f"{HEADER}\n{text}".encode()], WORDS, work=10)
    return file


READERS = """\
a@b.example,en,en,full,active,,,en,2019-01-01
'=b@b.example,be-ru,ru be,discreet,active,,,ru,2019-01-01
c@b.example,en,en,full,paused,2020-02-01,,en,2019-01-01
d@b.example,en,en,full,stopped,,bad-address,en,2019-01-01
gone@b.example,en,en,full,active,,,en,2019-01-01
e@b.example,en,en,half,active,,,en,2019-01-01
f@b.example,en,en,full,asleep,,,en,2019-01-01
g@b.example,en,en,full,paused,some day,,en,2019-01-01
"""


def test_an_export_is_imported_as_it_is(command: Command, tmp_path: Path, secret: Path) -> None:
    here = command.here
    with here.database.transaction() as session:
        subscribing.erase_address(session, here.keyring, addresses.parse("gone@b.example"), today=date(2019, 1, 1))
    file = exported(tmp_path, READERS)
    answer = command("subscribers", "import", file, "--passphrase-file", secret)
    assert (answer.code, answer.out) == (1, "added 3, already there 0, invalid 3\n")
    faults = [line for line in answer.err.splitlines() if not line.startswith("importing")]
    assert faults == [
        f"{file}:7: no such variant; there are: full, discreet",
        f"{file}:8: no such state",
        f"{file}:9: no such day",
        "left before, not added: 1",
        "stopped where they come from, not added: 1",
    ]
    with here.database.reading() as session:
        found = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).all()
    assert [here.keyring.open(row.sealed, bound_to=row.ref) for row in found] == [
        "a@b.example", "=b@b.example", "c@b.example",
    ]  # fmt: skip
    assert [(row.state, row.paused_until) for row in found] == [
        (SubscriberState.ACTIVE, None), (SubscriberState.ACTIVE, None), (SubscriberState.PAUSED, date(2020, 2, 1)),
    ]  # fmt: skip
    assert (found[1].languages, found[1].variant) == ("ru be", Variant.DISCREET)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_that_cannot_be_opened_stores_nobody(command: Command, tmp_path: Path, secret: Path) -> None:
    file = exported(tmp_path, READERS)
    whole = file.read_bytes()
    for octets, words in ((whole, WORDS.upper()), (whole[:-1], WORDS), (whole[:90], WORDS)):
        file.write_bytes(octets)
        answer = command("subscribers", "import", file, "--passphrase-file", written(secret, words))
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.endswith(
            "newsletter: the encrypted file cannot be opened: another passphrase, or it is damaged\n"
        )
        with command.here.database.reading() as session:
            assert session.scalars(select(SubscriberRow)).all() == []


@given(st.text() | st.builds("".join, st.lists(st.sampled_from([*FORMULAS, "'", "a"]))))
def test_no_cell_is_a_formula_and_every_cell_comes_back(cell: str) -> None:
    assert not guarded(cell).startswith(FORMULAS)
    assert unguarded(guarded(cell)) == cell
    text = io.StringIO()
    csv.writer(text).writerow([guarded(cell), "en"])
    assert next(csv.reader(io.StringIO(text.getvalue(), newline=""))) == [guarded(cell), "en"]
