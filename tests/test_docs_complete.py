"""What the documents list is complete, what they quote is what the code says, and what they show can be done."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from newsletter.letters.noticewords import KINDS
from newsletter.outcomes import Reason, State
from newsletter.publication import Publication
from newsletter.settings import PREFIX
from newsletter.store.digests import DigestState
from newsletter.store.schema import METADATA
from tests.documents import CODE, OPERATING, README, ROOT, blocks, first_cells, read, rows, section
from tests.servers.postbox import Postbox

SOURCES = [path for folder in ("newsletter", "workers") for path in (ROOT / folder).rglob("*.py")]
GIVES_A_NOTICE = re.compile(r'(?:add_notice|_tell|_pause)\(\s*session,(?: row,| digest,)?\s*"([a-z-]+)"')
GOES_ON = {"run", "web", "worker", "beat", "inbound"}


def test_every_notice_the_code_can_give_is_explained() -> None:
    given = {kind for path in SOURCES for kind in GIVES_A_NOTICE.findall(read(path))}
    assert given >= set(KINDS), "words for a notice that nothing gives"
    assert set(first_cells(section(OPERATING, "Notices"))) == given


def test_every_state_and_reason_is_explained() -> None:
    states = section(OPERATING, "States")
    assert first_cells(states) == [*map(str, DigestState), *map(str, State)]
    assert set(map(str, Reason)) <= set(CODE.findall(states))


def test_every_table_is_accounted_for_and_every_column_about_a_reader() -> None:
    text = section(OPERATING, "What is stored about a reader")
    assert set(METADATA.tables) <= set(CODE.findall(text))
    about_readers = {cells[0].strip("`"): set(CODE.findall(" ".join(cells))) for cells in rows(text)}
    for name, table in METADATA.tables.items():
        columns = {column.name for column in table.columns} - {"id"}
        if name in about_readers:
            assert columns <= about_readers[name], name
        else:
            assert not columns & {"subscriber_id", "lookup", "sealed"}, f"{name} is about readers"


def test_every_key_of_the_publications_file_is_in_the_sample_or_explained() -> None:
    sample = read(ROOT / "seeds" / "publication.toml")
    explained = first_cells(section(OPERATING, "The publication's file"))
    for key in _keys(Publication):
        in_sample = re.search(rf"^(?:\[+[\w.]*\b)?{key.rpartition('.')[2]}\b", sample, re.MULTILINE)
        assert key in explained or in_sample, key


def _keys(model: Any, prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        for below in _models(field.annotation):
            yield from _keys(below, f"{name}.")


def _models(annotation: Any) -> list[Any]:
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


@cache
def messages() -> list[str]:
    """Return every text in the code, with `…` where a value is filled in."""
    found: list[str] = []
    for source in SOURCES:
        for node in ast.walk(ast.parse(read(source))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


@pytest.mark.parametrize("message", first_cells(section(OPERATING, "Troubleshooting")))
def test_every_message_quoted_is_one_that_the_code_gives(message: str) -> None:
    pattern = re.compile(".*".join(re.escape(part.strip()) for part in message.split("…")))
    assert any(pattern.search(text.replace("`", "")) for text in messages())


def runnable() -> list[str]:
    """Return the operating page's blocks that need nothing but this checkout and a mail server."""

    def may_run(line: str) -> bool:
        program, *words = shlex.split(line)
        return program == ".venv/bin/python" or (program == "newsletter" and words[0] not in GOES_ON)

    return [block for block in blocks(OPERATING, "sh") if all(map(may_run, block.splitlines()))]


RUNNER = """
import os, shlex, subprocess, sys
from newsletter.cli import main

for line in sys.stdin.read().splitlines():
    sys.argv = shlex.split(line)
    if sys.argv[0] != "newsletter":
        subprocess.run(sys.argv, check=True)
        continue
    try:
        main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"exit code {end.code} of: {line}")
"""
"""Runs commands one after another in one process: starting each anew would take a second for nothing."""


def test_the_commands_of_operating_do_what_they_are_said_to_do(tmp_path: Path, postbox: Postbox) -> None:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    # Unset, the folders would be those of the checkout, whose own installation is nobody's to test with.
    settings = {"SMTP_URL": postbox.url, "DATA_DIR": "var", "PUBLICATION": "seeds/publication.toml"}
    environment = os.environ | {PREFIX + name: value for name, value in settings.items()}

    def run(commands: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", RUNNER], input=commands, env=environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    shown = "".join(runnable())
    for words in ("keys new", "load", "subscribers import", "digest preview", "test-send", "digest send", "VACUUM"):
        assert words in shown
    # Who keeps backups and tries the mail server has written something already.
    run(f"newsletter load seeds\n{shown}")
    assert (tmp_path / "preview" / "2019-W41.be-ru.ru-be.full.eml").exists()
    assert (tmp_path / "backup.sqlite").stat().st_size > 100_000
    assert set(postbox.taken) == {"me@example.org"}
    _compare_with_readme(json.loads(run("newsletter digest status 2019-W41 --json")))


def _compare_with_readme(status: dict[str, Any]) -> None:
    """What the README shows of `./run` is what the sample comes to; one reader more was added here, discreet."""
    (shown,) = [block for block in blocks(README, "text") if "planned" in block]
    letters = {(one["edition"], ", ".join(one["languages"])): one for one in status["letters"] if one["bytes_html"]}
    table = [re.split(r"\s{2,}", line.strip()) for line in shown.splitlines() if " full " in line]
    assert {(edition, languages) for edition, languages, *_ in table} == set(letters)
    for edition, languages, _, readers, sent, size, fallbacks, omitted in table:
        letter = letters[edition, languages]
        assert int(readers) == int(sent) == letter["readers"]
        assert abs(float(size.removesuffix(" KB")) - letter["bytes_html"] / 1000) < 3
        name = f"{edition} ({', '.join(letter['languages'])}, full)"
        assert int(fallbacks) == len(letter["fallbacks"])
        assert int(omitted) == len(letter["omitted"])
        for one in letter["fallbacks"]:
            assert f"{name}: {one['slug']} falls back to {one['language']}" in shown
        for slug in letter["omitted"]:
            assert f"{name}: {slug} is left out" in shown
    total = sum(int(row[3]) for row in table)
    assert f"planned {total:,}: {total:,} sent" in shown
