"""`newsletter subscribers import`: good lines are stored, bad ones named by their number and never quoted."""

from pathlib import Path

import pytest

from newsletter.store.subscribers import count_by_state
from tests.servers.command import Answer, Command
from tests.verbs.conftest import SEEDS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""
HEADER = "email,edition,languages\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readers.csv"


def written(file: Path, text: str | bytes) -> Path:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def readers(command: Command) -> int:
    with command.here.database.reading() as session:
        return sum(count_by_state(session).values())


def faults(file: Path, answer: Answer) -> dict[int, str]:
    """What was said of each line; nothing on either stream may hold an address."""
    assert "@" not in answer.out + answer.err
    lines = [line.removeprefix(f"{file}:") for line in answer.err.splitlines() if line.startswith(str(file))]
    return {int(number): fault for number, _, fault in (line.partition(": ") for line in lines)}


def test_the_sample_is_imported_and_again_changes_nothing(command: Command) -> None:
    first, again = (command("subscribers", "import", SEEDS / "readers.csv") for _ in range(2))
    assert (first.code, first.out) == (0, "added 13, already there 0, invalid 0\n")
    assert (again.code, again.out) == (0, "added 0, already there 13, invalid 0\n")
    assert readers(command) == 13


def test_a_bad_line_never_stops_the_good_ones(command: Command, file: Path) -> None:
    bad = {
        3: ("anna at example.org,en,", "not a valid e-mail address"),
        4: ("b@example.org,de,", "no such edition, or no such order; there are: en with en; be-ru with be,ru or ru,be"),
        5: ("c@example.org,be-ru,be", "no such edition, or no such order"),
        6: ("d@example.org,en", "has 2 columns where the header has 3"),
        7: ("d@example.org,en,,", "has 4 columns where the header has 3"),
        8: ('"d@example.org,en,', "unexpected end of data"),
        9: ("анна@example.org,en,", "not a valid e-mail address"),
        10: ("d\0@example.org,en,", "not a valid e-mail address"),
        11: ("e@example.org,f@example.org,", "no such edition, or no such order"),
        12: ("e@example.org,en,f@example.org", "no such edition, or no such order"),
        13: ("=HYPERLINK(\"http://x\";\"d@example.org\"),en,", "not a valid e-mail address"),
        14: ("@SUM(1+1)*cmd|' /C calc'!A0,en,", "not a valid e-mail address"),
        15: ("x" * 3000 + "@example.org,en,", "the line is too long"),
    }  # fmt: skip
    lines = ["first@example.org,en,", *(line for line, _ in bad.values()), "last@example.org,be-ru,ru be"]
    answer = command("subscribers", "import", written(file, HEADER + "\n".join(lines)))
    assert (answer.code, answer.out) == (1, f"added 2, already there 0, invalid {len(bad)}\n")
    found = faults(file, answer)
    assert list(found) == list(bad)
    for number, (_, fault) in bad.items():
        assert found[number].startswith(fault)


def test_a_line_that_is_not_utf_8_is_a_bad_line(command: Command, file: Path) -> None:
    text = HEADER + "a@example.org,en,\ncafé@example.org,en,\nb@example.org,en,\n"
    answer = command("subscribers", "import", written(file, text.encode("latin-1")))
    assert (answer.code, answer.out) == (1, "added 2, already there 0, invalid 1\n")
    assert faults(file, answer) == {3: "not UTF-8"}


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffemail,edition\na@example.org,en\n",
        "email,edition\r\na@example.org,en\r\n",
        "email,edition\na@example.org,en",
        '"email","edition"\n"a@example.org","en"\n',
        " email , edition \n a@example.org , en \n",
        "email,edition\n\n \na@example.org,en\n\n",
        "email,edition,languages\na@example.org,be-ru,\n",
        'email,edition,languages\na@example.org,be-ru,"ru, be"\n',
    ],
)
def test_what_spreadsheets_write_is_read(command: Command, file: Path, text: str) -> None:
    assert command("subscribers", "import", written(file, text)).out == "added 1, already there 0, invalid 0\n"


def test_an_address_twice_in_one_file_is_added_once(command: Command, file: Path) -> None:
    answer = command("subscribers", "import", written(file, "email,edition\na@b.example,en\nA@B.example,be-ru\n"))
    assert answer.out == "added 1, already there 1, invalid 0\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1: wants the header email,edition or email,edition,languages"),
        ("\n", "1: wants the header"),
        ("a@example.org,en\n", "1: wants the header"),
        ("edition,email\nen,a@example.org\n", "1: wants the header"),
        ("email;edition\na@example.org;en\n", "1: wants the header"),
        ("Email,Edition\na@example.org,en\n", "1: wants the header"),
        ("email,edition,languages,\na@example.org,en,,\n", "1: wants the header"),
        ('"email,edition\n', "1: wants the header"),
        ((HEADER + "a@example.org,en,\n").encode("utf-16"), "1: not UTF-8; save the file as CSV UTF-8"),
        (b"\0" * 5000, "1: wants the header"),
    ],
)
def test_a_wrong_header_is_refused_and_nothing_stored(
    command: Command, file: Path, text: str | bytes, fault: str
) -> None:
    answer = command("subscribers", "import", written(file, text))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"newsletter: {file}:{fault}")
    assert answer.err.count("\n") == 1
    assert readers(command) == 0


def test_a_file_that_cannot_be_read_is_named(command: Command, tmp_path: Path) -> None:
    for path, what in ((tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        answer = command("subscribers", "import", path)
        assert (answer.code, answer.err) == (2, f"newsletter: {path}: {what}\n")


def test_more_lines_than_are_stored_at_once_are_all_stored(command: Command, file: Path) -> None:
    lines = "".join(f"reader-{number}@example.org,en,\n" for number in range(2_500))
    answer = command("subscribers", "import", written(file, HEADER + lines + "nobody,en,\n"))
    assert answer.out == "added 2500, already there 0, invalid 1\n"
    assert faults(file, answer) == {2_502: "not a valid e-mail address"}
    assert [line for line in answer.err.splitlines() if line.startswith("import")][-1] == "importing: 100 %"
    assert readers(command) == 2_500
