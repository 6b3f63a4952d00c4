"""What the documents name exists: files, links, commands, settings; and the generated ones are current."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from newsletter.settings import PREFIX, Settings
from tests.documents import COMMANDS, OPERATING, PAGES, README, ROOT, blocks, code, lines, name_of, prose, read

PROGRAM = re.compile(r"(?:\S*/)?\.venv/bin/newsletter|newsletter")
ELSEWHERE = {"docker", "git", "sh", "sudo", ".venv/bin/python"}
BEFORE = {"exec", "worker", "web"}
"""Words that may stand right before the program: a shell's `exec`, a service of docker-compose.yml."""

FOLDERS = [*ROOT.glob("[a-z]*/"), *ROOT.glob("newsletter/*/")]
MADE_BY_RUNNING = ("var", ".venv", "commentaries/")


@pytest.fixture(params=PAGES, ids=name_of)
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_generated_documents_are_what_the_code_says() -> None:
    assert generate.stale() == [], "python -m docs.generate"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, by GitHub's rule.

    Lower case; letters, digits, `_`, `-` and spaces alone; each space a hyphen.
    """
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_picture_is_there_small_enough_and_described() -> None:
    shown = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", read(README))
    assert {Path(name).name for _, name in shown} == set(generate.PICTURED)
    for words, name in shown:
        assert words
        assert (ROOT / name).stat().st_size < 250_000


def test_every_file_named_exists(page: Path) -> None:
    for words in code(page):
        name = words.rstrip("/")
        is_file = re.fullmatch(r"\.{0,2}[\w/.-]*(?:/|\.(?:md|py|toml|yml|lock))[\w/.-]*", name)
        if not is_file or name.startswith("/") or name.startswith(MADE_BY_RUNNING):
            continue
        places = [ROOT, page.parent, *(ROOT.glob("seeds/commentaries/**/") if "/" in name else FOLDERS)]
        assert any(any(place.glob(f"{name}*")) for place in places), words


def test_the_map_names_every_part_of_the_house_and_nothing_else() -> None:
    (tree,) = [block for block in blocks(README, "text") if "── ground" in block]
    named: set[str] = set()
    for line in tree.splitlines():
        indent, name = len(line) - len(line.lstrip()), line.split()[0].rstrip("/")
        if indent <= 2:
            named.add(name if indent == 0 else f"newsletter/{name}")
    for name in named:
        assert (ROOT / name).exists(), name
    house = [path for path in (ROOT / "newsletter").iterdir() if not path.name.startswith("__")]
    parts = {name_of(path) for path in house if path.suffix == ".py" or any(path.glob("*.p[oy]"))}
    assert parts - named == set(), "not on the map"


def test_every_decision_that_the_code_names_is_recorded() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
    for folder in ("newsletter", "workers", "tests", "bench"):
        for source in (ROOT / folder).rglob("*.py"):
            for number in re.findall(r"docs/decisions/(\d{4})", read(source)):
                assert number in numbers, f"{name_of(source)} names {number}"


def commands_shown(page: Path) -> Iterator[list[str]]:
    """Yield the words after `newsletter` of each such command in the page's `sh` blocks, also of one run by another."""
    for line in lines(page):
        words = shlex.split(line)
        quoted = [word.split() for word in words if " " in word]
        for sentence in (words, *quoted):
            for place, word in enumerate(sentence):
                if PROGRAM.fullmatch(word) and (place == 0 or sentence[place - 1] in BEFORE):
                    yield sentence[place + 1 :]


def test_every_command_shown_is_one_that_the_program_takes(page: Path) -> None:
    for words in commands_shown(page):
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
        assert name is not None, words
        # Raises for what the command does not take, and does nothing.
        COMMANDS[name].make_context(name, words[len(name.split()) :])


def test_every_command_named_exists(page: Path) -> None:
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    for text in code(page):
        program, *words = text.split()
        if program != "newsletter" or words in ([], ["…"]):
            continue
        names = (" ".join(words[:2]), words[0]) if words[0] in groups else (words[0],)
        name = next((name for name in names if name in COMMANDS), "")
        assert name, text
        options = {option for one in COMMANDS[name].params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= options, text


def test_every_setting_named_exists(page: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", read(page))) <= known


def test_every_other_command_shown_is_there(page: Path) -> None:
    for line in lines(page):
        words = shlex.split(line)
        first = words[0]
        assert first in ELSEWHERE or PROGRAM.fullmatch(first) or os.access(ROOT / first, os.X_OK), line
        for word in words:
            assert not word.startswith((".ci/", "docs/", "tests/", "seeds/")) or (ROOT / word).exists(), line


def test_compose_commands_name_services_that_there_are() -> None:
    services = re.findall(r"^  (\w+):$", read(ROOT / "docker-compose.yml"), re.MULTILINE)
    named = re.findall(r"docker compose (?:run|exec)(?: -\S+)* (\w+)", "\n".join(lines(OPERATING)))
    assert named
    assert set(named) <= set(services)
