"""A folder of commentaries: read whole or refused whole, every fault of every file at once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.digest import Outlook
from newsletter.editing import read_tree
from newsletter.errors import Faults
from newsletter.publication import load_publication
from newsletter.weeks import Week
from tests.servers.places import short_directory
from tests.verbs.conftest import SEEDS
from tests.verbs.manuscripts import manuscript, write

PUBLICATION = load_publication(SEEDS / "publication.toml")
W41 = Week(2019, 41)


def faults(root: Path) -> list[str]:
    with pytest.raises(Faults) as caught:
        read_tree(root, PUBLICATION)
    return [fault.replace(f"{root}/commentaries/", "") for fault in caught.value.faults]


def test_files_of_one_slug_are_one_commentary(tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/talks.en.md", manuscript(headline="Talks"))
    write(tmp_path, "2019-W41/west/talks.be.md", manuscript(headline="Размовы", position="3"))
    write(tmp_path, "2019-W41/general/note.ru.md")
    (note, talks) = sorted(read_tree(tmp_path, PUBLICATION)[W41], key=lambda one: one.slug)
    assert (talks.section, talks.position, talks.outlook) == ("west", 3, Outlook.WORSE)
    assert {code: text.headline for code, text in talks.translations.items()} == {"be": "Размовы", "en": "Talks"}
    assert (note.section, note.position) == (None, 0)
    assert read_tree(tmp_path / "commentaries", PUBLICATION) == read_tree(tmp_path, PUBLICATION)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("2019-W53/west/a.en.md", "'2019-W53' is not a week"),
        ("2019-41/west/a.en.md", "'2019-41' is not a week"),
        ("2019-W41/sport/a.en.md", "no such section: 'sport'; there are general, ruling-elite, russia, security"),
        ("2019-W41/west/a.de.md", "no such language: 'de'; there are be, en, ru"),
        *[
            (place, "wants commentaries/<week>/<section>/<slug>.<lang>.md, the slug like arms-industry")
            for place in (
                "2019-W41/west/a.md", "2019-W41/west/A.en.md", "2019-W41/west/a b.en.md", "2019-W41/west/a.en.MD",
                "2019-W41/west/a.en.markdown", "2019-W41/west/a.en.txt", "2019-W41/west/-a.en.md",
                "2019-W41/west/ў.en.md", "2019-W41/a.en.md", "2019-W41/west/more/a.en.md", "a.en.md",
                f"2019-W41/west/{'a' * 81}.en.md",
            )
        ],
    ],
)  # fmt: skip
def test_a_file_in_the_wrong_place_is_named(tmp_path: Path, place: str, fault: str) -> None:
    write(tmp_path, place)
    (found,) = faults(tmp_path)
    assert found.startswith(f"{place}: {fault}")


def test_hidden_files_and_what_is_no_text_are_passed_over(tmp_path: Path) -> None:
    for place in (".git/a.md", "2019-W41/west/.a.en.md.swp", "2019-W41/west/a.en.md~", "2019-W41/west/map.png"):
        write(tmp_path, place, b"\xff")
    write(tmp_path, "2019-W41/west/a.en.md")
    assert [one.slug for one in read_tree(tmp_path, PUBLICATION)[W41]] == ["a"]


def test_one_slug_in_two_sections_is_refused(tmp_path: Path) -> None:
    for place in ("russia/a.en", "west/a.ru", "west/a.en"):
        write(tmp_path, f"2019-W41/{place}.md")
    assert [fault.partition(": ")[0] for fault in faults(tmp_path)] == [f"2019-W41/west/a.{c}.md" for c in ("en", "ru")]
    assert "a is in the section russia too: 2019-W41/russia/a.en.md" in faults(tmp_path)[0]


def test_translations_that_differ_in_outlook_or_position_are_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/a.be.md", manuscript(position="1"))
    write(tmp_path, "2019-W41/west/a.en.md", manuscript(outlook="better", position="2"))
    assert faults(tmp_path) == [
        "2019-W41/west/a.en.md:2: outlook better differs from worse in 2019-W41/west/a.be.md:2",
        "2019-W41/west/a.en.md:5: position 2 differs from 1 in 2019-W41/west/a.be.md:5",
    ]


def test_the_same_slug_in_another_week_is_another_commentary(tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/a.en.md")
    write(tmp_path, "2019-W42/russia/a.en.md", manuscript(outlook="better"))
    assert set(read_tree(tmp_path, PUBLICATION)) == {W41, Week(2019, 42)}


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/a.en.md", manuscript(headline="", body="[b](ftp://c)"))
    write(tmp_path, "2019-W41/west/b.en.md", b"\xff")
    write(tmp_path, "2019-W53/sport/c.de.md", manuscript(outlook="bad"))
    write(tmp_path, "2019-W41/west/d.md")
    assert [fault.partition(": ")[0] for fault in faults(tmp_path)] == [
        "2019-W41/west/a.en.md:3", "2019-W41/west/a.en.md:7", "2019-W41/west/b.en.md:1", "2019-W41/west/d.md",
        "2019-W53/sport/c.de.md", "2019-W53/sport/c.de.md", "2019-W53/sport/c.de.md", "2019-W53/sport/c.de.md:2",
    ]  # fmt: skip


def test_a_folder_without_commentaries_is_refused(tmp_path: Path) -> None:
    assert "has no folder commentaries/<week>/<section>/<slug>.<lang>.md" in faults(tmp_path)[0]
    assert "has no folder" in faults(tmp_path / "missing")[0]
    write(tmp_path, "2019-W41/west/.hidden")
    assert faults(tmp_path) == [f"{tmp_path}/commentaries: holds no commentary"]


def test_an_empty_folder_of_a_week_stands_for_a_week_without_commentaries(tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/a.en.md")
    (tmp_path / "commentaries" / "2019-W42" / "west").mkdir(parents=True)
    assert read_tree(tmp_path, PUBLICATION)[Week(2019, 42)] == []


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    with write(tmp_path, "2019-W41/west/a.en.md").open("wb") as file:
        file.truncate(1 << 40)
    assert faults(tmp_path) == [
        "2019-W41/west/a.en.md:1: the file has more than 200,000 octets, more than a letter can carry"
    ]


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path, "2019-W41/west/a.en.md")
    os.mkfifo(path.with_name("b.en.md"))
    path.with_name("c.en.md").symlink_to("nowhere")
    assert [fault.partition(".")[0] for fault in faults(tmp_path)] == ["2019-W41/west/b", "2019-W41/west/c"]


def test_a_folder_that_is_linked_is_read_and_a_circle_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "other", "2019-W41/west/a.en.md")
    (tmp_path / "commentaries").mkdir()
    (tmp_path / "commentaries" / "2019-W41").symlink_to(tmp_path / "other" / "commentaries" / "2019-W41")
    assert [one.slug for one in read_tree(tmp_path, PUBLICATION)[W41]] == ["a"]
    (tmp_path / "commentaries" / "2019-W42").symlink_to("..")
    assert faults(tmp_path)


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder of a user whom modes hold back; root's tests become that user for as long."""
    folder = short_directory("tree")
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)


def test_a_folder_that_cannot_be_listed_is_no_empty_one(plain_user: Path) -> None:
    write(plain_user, "2019-W41/west/a.en.md")
    closed = write(plain_user, "2019-W41/russia/b.en.md").parent
    closed.chmod(0)
    try:
        assert faults(plain_user) == ["2019-W41/russia: Permission denied"]
        closed.chmod(0o700)
        (closed / "b.en.md").chmod(0)
        assert faults(plain_user) == ["2019-W41/russia/b.en.md: Permission denied"]
    finally:
        closed.chmod(0o700)


def test_the_folder_of_commentaries_may_lie_anywhere_below(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b", "2019-W41/west/talks.en.md")
    write(tmp_path / ".hidden", "2019-W41/west/other.en.md")
    assert [one.slug for one in read_tree(tmp_path, PUBLICATION)[W41]] == ["talks"]
