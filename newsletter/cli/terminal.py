"""What the commands share of the terminal: results on stdout, all else on stderr, a bar only where one is seen."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from newsletter.weeks import NoSuchWeek, Week


def result(text: str) -> None:
    """Print a result."""
    typer.echo(text)


def result_json(value: Any) -> None:
    """Print a result for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def say(text: str) -> None:
    """Print a word on the side: stderr."""
    typer.echo(text, err=True)


def week_argument(text: str) -> Week:
    """Read a week from the command line.

    Raises
    typer.BadParameter: it is none.
    """
    try:
        return Week.parse(text)
    except NoSuchWeek as error:
        raise typer.BadParameter(str(error)) from None


def operator() -> str:
    """Return who pressed the button, for the audit."""
    try:
        return f"operator {getpass.getuser().partition('@')[0]}"[:40]  # some hosts name users by their addresses
    except (KeyError, OSError):  # no such user here, as in a container with an id of its own
        return "operator"


class Bar(Protocol):
    """Something that shows how far a thing is."""

    def show(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        ...


class _Lines:
    """Plain lines in a pipe: one whenever another tenth is done."""

    def __init__(self, what: str, counted: bool) -> None:
        self._what = what
        self._counted = counted
        self._tenth = -1

    def show(self, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 10
        if tenth != self._tenth:
            self._tenth = tenth
            say(f"{self._what}: {done} of {total}" if self._counted else f"{self._what}: {10 * tenth} %")


class _Rich:
    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=None)

    def show(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def bar(what: str, *, counted: bool = True) -> Iterator[Bar]:
    """Show progress on stderr: a bar on a terminal, plain lines in a pipe; in numbers (`counted`) or per cent."""
    if not sys.stderr.isatty():
        yield _Lines(what, counted)
        return
    how_far = MofNCompleteColumn() if counted else TaskProgressColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), how_far, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Rich(progress, what)
