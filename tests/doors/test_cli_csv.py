"""Reading CSV files of readers: any text, any size, line by line."""

import csv
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.cli.wishes import Line, read_csv
from newsletter.publication import load_publication
from tests.verbs.conftest import SEEDS

PUBLICATION = load_publication(SEEDS / "publication.toml")
HEADER = "email,edition,languages\n"


def test_ten_thousand_lines_and_one_without_end_stream_through_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    lines = (f"reader-{number}@example.org,en,\n" for number in range(10_000))
    file.write_text(HEADER + "".join(lines) + "x" * 5_000_000 + "\nlast@example.org,en,\n")
    tracemalloc.start()
    with read_csv(file, PUBLICATION) as reading:
        good = sum(line.wish is not None for line in reading.lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert good == 10_001
    assert reading.octets_read == reading.octets == file.stat().st_size
    assert peak < 1_000_000


cells = st.text() | st.sampled_from(["a@example.org", "en", "be-ru", "ru be", '"', ",", "\r", "\0", "=1+1"])


@given(st.lists(st.lists(cells, max_size=4).map(",".join) | st.text(), max_size=5))
def test_any_text_is_wishes_and_faults_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes((HEADER + "\n".join(lines)).encode())
    with read_csv(file, PUBLICATION) as reading:
        read = list(reading.lines)
    assert all(isinstance(line, Line) and (line.wish is None) != (line.fault is None) for line in read)
    assert reading.octets_read == file.stat().st_size


@given(st.lists(st.emails().filter(lambda text: len(text) < 200), unique_by=str.lower, max_size=20))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, addresses: list[str]) -> None:
    file = tmp_path_factory.getbasetemp() / "written.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([["email", "edition"], *([address, "en"] for address in addresses)])
    with read_csv(file, PUBLICATION) as reading:
        wishes = [line.wish for line in reading.lines if line.wish]
    assert len(wishes) == len(addresses)
    assert [wish.address.local for wish in wishes] == [address.rpartition("@")[0] for address in addresses]
