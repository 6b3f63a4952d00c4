"""The command line as tests run it: in this process on an installation of theirs, or in a process of its own."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.cli import main
from newsletter.settings import PREFIX, Settings
from tests.servers.crew import Nursery
from tests.verbs.conftest import Installation


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


class Command:
    """`command("digest", "status", "2019-W41")` runs it on `here` in this process, its clock told."""

    def __init__(
        self,
        here: Installation,
        monkeypatch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
        nursery: Callable[[], Nursery] | None = None,
    ) -> None:
        self.here = here
        self._nursery = nursery
        self._monkeypatch = monkeypatch
        self._capture = capture
        monkeypatch.setattr("newsletter.runtime._opened", {os.getpid(): here})
        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr(logging.root, "level", logging.root.level)
        for name, value in environment(here.settings).items():
            monkeypatch.setenv(name, value)

    def __call__(self, *words: object) -> Answer:
        self._monkeypatch.setattr(sys, "argv", ["newsletter", *map(str, words)])
        self._capture.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = self._capture.readouterr()
        return Answer(code or 0, said.out, said.err)

    def alone(self, *words: object, **settings: object) -> Answer:
        """Run it in a process of its own, with more settings."""
        return alone(*words, environment=environment(self.here.settings), **settings)

    def forked(self, *words: object, **settings: object) -> Answer:
        """Run it in a process of its own that need not import anything: where nothing about a fresh start is tested."""
        assert self._nursery is not None
        given = {**environment(self.here.settings), **_variables(settings)}
        done = self._nursery().run([str(word) for word in words], given)
        return Answer(done.returncode, done.stdout, done.stderr)


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make the same settings in another process."""
    given = {}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            given[PREFIX + name.upper()] = str(plain)
    return given


def alone(*words: object, environment: Mapping[str, str] = MappingProxyType({}), **settings: object) -> Answer:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "newsletter.cli", *map(str, words)],
        env={**os.environ, **environment, **_variables(settings)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def _variables(settings: Mapping[str, object]) -> dict[str, str]:
    return {PREFIX + name.upper(): str(value) for name, value in settings.items()}
