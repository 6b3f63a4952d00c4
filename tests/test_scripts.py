"""`./run` and `./test` do their own set-up, once, wherever they lie and whoever starts them.

A tree of its own with nothing to install, so that no test waits for a registry; what is set up is a real `.venv`.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "dirname", "readlink", "cat", "cksum", "rm", "mv", "env")
SETTING_UP = "Setting up .venv"
SAYS_WHAT_IT_SEES = """
import json, os, sys
seen = {"arguments": sys.argv[1:], "folder": os.getcwd(), "prefix": sys.prefix, "environment": dict(os.environ)}
print(json.dumps(seen))
"""


def _planted(folder: Path) -> Path:
    """Put the scripts into a folder with a space in its name, over a service that only says how it was started."""
    tree = folder / "a tree"
    for script in ("run", "test", ".ci/environment.sh"):
        (tree / script).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / script, tree / script)
    for name in ("newsletter", "newsletter/embedded", "newsletter/cli", "workers"):
        (tree / name).mkdir()
        (tree / name / "__init__.py").touch()
        (tree / name / "__main__.py").write_text(SAYS_WHAT_IT_SEES)
    (tree / "pytest.py").write_text(SAYS_WHAT_IT_SEES)
    (tree / "pyproject.toml").touch()
    (tree / "requirements.lock").touch()
    (tree / "requirements-dev.lock").touch()
    (tree / "requirements-source.lock").touch()
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree that nobody has started."""
    return _planted(tmp_path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH of nothing but what the scripts may count on, and a Python."""
    bin_ = tmp_path_factory.mktemp("bin")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (bin_ / tool).symlink_to(found)
    # Not a link: a Python finds its library from where it lies.
    (bin_ / "python3").write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n')  # type: ignore[attr-defined]
    (bin_ / "python3").chmod(0o755)
    return str(bin_)


def _start(script: Path, path: str, *arguments: str, cwd: Path, **given: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "LANG"))}
    return subprocess.Popen(
        [script, *arguments], cwd=cwd, env=kept | {"PATH": path} | given,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _run(script: Path, path: str, *arguments: str, cwd: Path, **given: str) -> tuple[dict[str, Any], str]:
    with _start(script, path, *arguments, cwd=cwd, **given) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out), err


@dataclass
class Begun:
    """A tree that two started at once, and what came of it: to set one up takes seconds."""

    tree: Path
    started: list[dict[str, Any]]
    said: list[str]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, path: str) -> Begun:
    tree = _planted(tmp_path_factory.mktemp("begun"))
    both = [_start(tree / "run", path, "--once", cwd=tree) for _ in range(2)]
    done = [process.communicate() for process in both]
    said = [err for _, err in done]
    assert [process.returncode for process in both] == [0, 0], said
    return Begun(tree, [json.loads(out) for out, _ in done], said)


def test_the_first_start_sets_up_the_second_does_not_and_a_new_lock_does_again(begun: Begun, path: str) -> None:
    tree = begun.tree
    (said,) = filter(None, begun.said)
    assert said.splitlines() == [f"{SETTING_UP} (once; a minute or so) …"], "no warnings, as root or not"
    for started in begun.started:
        assert started["arguments"] == ["--once"]
        assert started["folder"] == str(tree)
        assert started["prefix"] == str(tree / ".venv")
    assert _run(tree / "run", path, cwd=tree)[1] == ""
    (tree / "requirements.lock").write_text("# changed\n")
    assert SETTING_UP in _run(tree / "run", path, cwd=tree)[1]


def test_two_that_start_at_once_set_up_once(begun: Begun) -> None:
    assert sorted(SETTING_UP in text for text in begun.said) == [False, True]


def test_the_command_line_is_in_the_venv(begun: Begun, path: str) -> None:
    tree = begun.tree
    started, _ = _run(tree / ".venv" / "bin" / "newsletter", path, "digest", "status", cwd=tree.parent)
    assert started["arguments"] == ["digest", "status"]
    assert started["prefix"] == str(tree / ".venv")


def test_paths_that_the_caller_names_are_the_callers(begun: Begun, path: str, tmp_path: Path) -> None:
    tree = begun.tree
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    given = {"NEWSLETTER_DATA_DIR": "my data", "NEWSLETTER_KEY_FILE": "/etc/newsletter.key"}
    started, _ = _run(tree / "run", path, cwd=elsewhere, **given)
    assert started["folder"] == str(tree)
    assert started["environment"]["NEWSLETTER_DATA_DIR"] == str(elsewhere / "my data")
    assert started["environment"]["NEWSLETTER_KEY_FILE"] == "/etc/newsletter.key"
    assert "NEWSLETTER_PUBLICATION" not in started["environment"]


def test_what_tests_need_serves_the_service_too_and_stays(begun: Begun, path: str) -> None:
    tree = begun.tree
    started, said = _run(tree / "test", path, "tests/unit", "-k", "a or b", cwd=tree)
    assert SETTING_UP in said
    assert started["arguments"][-3:] == ["tests/unit", "-k", "a or b"]
    assert _run(tree / "run", path, cwd=tree)[1] == ""
    (tree / "requirements.lock").write_text("# changed again\n")
    assert SETTING_UP in _run(tree / "run", path, cwd=tree)[1]
    assert _run(tree / "test", path, cwd=tree)[1] == ""


def test_a_venv_whose_python_has_gone_is_made_again(begun: Begun, path: str) -> None:
    tree = begun.tree
    assert _run(tree / "run", path, cwd=tree)[1] == ""
    for python in (tree / ".venv" / "bin").glob("python*"):
        python.unlink()
    started, said = _run(tree / "run", path, cwd=tree)
    assert SETTING_UP in said
    assert started["prefix"] == str(tree / ".venv")


def test_without_a_python_it_says_which_one_it_wants(tree: Path, path: str, tmp_path: Path) -> None:
    poorer = shutil.copytree(path, tmp_path / "bin", symlinks=True)
    (poorer / "python3").unlink()
    with _start(tree / "run", str(poorer), cwd=tree) as process:
        said = process.communicate()[1]
    assert process.returncode == 1
    assert "Python 3.11 or newer" in said


def test_browser_tests_are_left_out_loudly_where_there_is_no_browser_or_fail_where_they_must_run(path: str) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/browser"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "TEST_"))}
    environment = outside | {"PATH": path}
    left_out = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert left_out.returncode == 0, left_out.stdout
    assert "LEFT OUT" in left_out.stdout
    assert "browser tests did not run: no Chromium" in left_out.stdout
    environment["TEST_BROWSER"] = "required"
    failed = subprocess.run([*command, "-x"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "no Chromium" in failed.stdout
