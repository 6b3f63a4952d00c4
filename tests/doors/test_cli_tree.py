"""The commands: all of them where they are listed, and where one is called it alone."""

import subprocess
import sys
from typing import Any

import pytest
import typer

from newsletter.cli.main import COMMANDS, GROUPS, tree


def commands(word: str = "") -> dict[str, Any]:
    root: Any = typer.main.get_command(tree(word))
    return dict(root.commands)


def test_every_command_stands_in_the_table_and_the_table_has_no_other() -> None:
    assert list(commands()) == [*COMMANDS, *GROUPS]


@pytest.mark.parametrize("word", [*COMMANDS, *GROUPS])
def test_a_command_that_is_called_is_there_alone_and_whole(word: str) -> None:
    alone, whole = commands(word), commands()[word]
    assert list(alone) == [one for one in COMMANDS if COMMANDS[one] == COMMANDS.get(word)] or [word]
    assert [one.name for one in alone[word].params] == [one.name for one in whole.params]
    assert list(getattr(alone[word], "commands", ())) == list(getattr(whole, "commands", ()))


def test_it_loads_nothing_of_the_others() -> None:
    script = "import sys; from newsletter.cli.main import tree; tree('servers'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "newsletter.cli.servers" in loaded
    assert [name for name in loaded if name.startswith(("newsletter.cli.digest", "newsletter.inbound", "celery"))] == []
