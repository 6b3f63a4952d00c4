"""Writes the documents that are made from the code, so that they cannot say anything else.

`python -m docs.generate` writes docs/settings.md and docs/cli.md anew.  `--check` writes nothing and exits with 1 if
one is not what the code says.  `--pictures` takes docs/pictures/ anew from the sample publication; it needs Chromium.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from newsletter.cli.check import FAULTS_FOUND
from newsletter.cli.export import NOT_WHOLE
from newsletter.cli.holding import NOTHING_DONE
from newsletter.cli.keys import LEFT
from newsletter.cli.main import USAGE, tree
from newsletter.cli.reader import NOBODY
from newsletter.cli.sending import SOME_WAIT, STOPPED
from newsletter.cli.suppressions import INVALID
from newsletter.settings import PREFIX, Settings

DOCS = Path(__file__).parent
ROOT = DOCS.parent
HEAD = "<!-- Made from the code by docs/generate.py.  Change the code, then run: python -m docs.generate -->\n"

SETTINGS_HEAD = f"""\
{HEAD}
# Settings

An installation is set up by environment variables. Unset, or set to nothing, each takes its default; the defaults
together are the embedded service that `./run` starts. A name that begins with `{PREFIX}` and is not in this list, or a
value that does not fit, is refused at start: every fault at once, exit code {USAGE}. No value is quoted, since it may
hold a password.

What belongs to the *publication* (name, languages, sections, editions, sender, schedule) is not here but in
`publication.toml`: see [operating](operating.md#the-publications-file).

| Setting | Takes | Default | Meaning |
|---|---|---|---|
"""

CLI_HEAD = f"""\
{HEAD}
# Commands

`newsletter` reads its [settings](settings.md) from the environment and works alone: no other process need run. In a
checkout it is `.venv/bin/newsletter`. Results go to stdout, progress and remarks to stderr: a bar on a terminal, plain
lines in a pipe.

| Exit code | |
|---|---|
| 0 | done |
| 1 | not all of it went well; each command below says what that means for it |
| {USAGE} | something for you to put right (arguments, settings, a file, keys, the database); stderr says what |
| {SOME_WAIT} | only `digest send --wait`: some deliveries wait for their next try |

After {USAGE} nothing has been stored; `subscribers import` and `suppressions import` alone may have stored the lines
before the one they name.

"""

EXIT_CODES = {
    "run": "1: with `--once`, the sample digest was not delivered whole (within two minutes); without it, a child "
    "process died three times in a row.",
    "test-send": "1: at least one address was not taken; each is printed with the server's words.",
    "receive": "Those of sysexits(3), as mail servers understand them. 0: taken, or taken before. 67: for no address "
    "of ours. 65: too large. 75: for now not, since something is wrong on our side, the settings included; try again.",
    "subscribers import": f"1: lines were invalid; the good ones are stored, the others listed with their numbers. "
    f"{USAGE}: not such a CSV file; what comes before the place it names may be stored.",
    "subscribers show": f"{NOBODY}: nothing is kept under that address.",
    "subscribers stop": f"{NOBODY}: nobody there.",
    "subscribers resume": f"{NOBODY}: nobody there, or not stopped.",
    "subscribers erase": f"{NOBODY}: nobody there, or you did not say yes; nothing is changed.",
    "subscribers resend-confirm": f"{NOBODY}: nobody there has to confirm, or its owner reported you.",
    "subscribers export": f"{NOT_WHOLE}: nobody to export, or not the number that was asked for, and nothing is "
    "written; or some addresses cannot be opened with this key file, and all others are in the file.",
    "suppressions import": f"{INVALID}: lines were invalid; the good ones are stored, the others listed with their "
    "numbers. Or you did not say yes, and nothing is stored.",
    "suppressions lift": f"{NOBODY}: it was not on the list.",
    "keys rotate": f"{LEFT}: something is still sealed with an older key, because no key of the file opens it, or "
    f"because another host wrote it meanwhile; stderr says which.",
    "digest cancel": f"{NOTHING_DONE}: you did not say yes; nothing is changed.",
    "digest check": f"{FAULTS_FOUND}: something is wrong, and each fault is printed.",
    "digest send": f"With `--wait`: 0 when nothing is owed any more, {STOPPED} when the digest was stopped on the way, "
    f"{SOME_WAIT} when some were put off by their server.",
}
"""What a command's own exit codes mean, where 0 and the general ones do not say it all."""


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_takes(field)} | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _takes(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is UnionType:
        (kind,) = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    words = {SecretStr: "URL", Path: "path", int: "whole number", float: "number", str: "text"}[kind]  # type: ignore[index]
    limits = {name: value for limit in field.metadata for name, value in _limit(limit)}
    if limits.keys() >= {"ge", "le"}:
        return f"{words}, {limits['ge']:,} – {limits['le']:,}"
    return words


def _limit(metadata: Any) -> Iterator[tuple[str, Any]]:
    for name in ("ge", "le"):
        if hasattr(metadata, name):
            yield name, getattr(metadata, name)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value in (None, ""):
        return "–"
    return f"`{value.get_secret_value() if isinstance(value, SecretStr) else value}`"


def cli_page() -> str:
    """Return docs/cli.md."""
    found = list(commands())
    contents = "\n".join(f"- [{words}](#newsletter-{words.replace(' ', '-')})" for words, _ in found)
    return CLI_HEAD + contents + "\n\n" + "\n".join(_command(words, command) for words, command in found)


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command of `newsletter` as (words, command), in the order of `--help`."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "commands"):
            yield " ".join(words), command
            return
        if command.invoke_without_command and words:
            yield " ".join(words), command
        for name, below in command.commands.items():
            yield from walk(below, (*words, name))

    return walk(typer.main.get_command(tree()), ())


def _usage(words: str, command: Any) -> str:
    """Return the command as it is typed: `newsletter digest send WEEK [--wait]`."""
    parts = [f"newsletter {words}"]
    for one in _shown(command):
        word = _metavar(one) if one.param_type_name == "argument" else " ".join([one.opts[0], _metavar(one)]).strip()
        more = " …" if getattr(one, "multiple", False) else ""
        parts.append((word if one.required else f"[{word}]") + more)
    return " ".join(parts)


def _shown(command: Any) -> list[Any]:
    return [one for one in command.params if not one.hidden]


def _metavar(one: Any) -> str:
    if getattr(one, "is_flag", False):
        return ""
    return str(one.metavar or one.name.upper())


def _command(words: str, command: Any) -> str:
    lines = [f"## newsletter {words}", "", "```text", _usage(words, command), "```", "", _prose(command.help), ""]
    if _shown(command):
        lines += ["| | |", "|---|---|", *(_parameter(one) for one in _shown(command)), ""]
    if words in EXIT_CODES:
        lines += [f"Exit codes. {EXIT_CODES[words]}", ""]
    return "\n".join(lines)


def _prose(help: str) -> str:
    return "\n\n".join(_cell(paragraph) for paragraph in help.split("\n\n"))


def _parameter(one: Any) -> str:
    name = " ".join([*one.opts, _metavar(one)]).strip() if one.param_type_name == "option" else _metavar(one)
    says = one.help or ""
    choices = _choices(one)
    if choices:
        says += f" One of {', '.join(f'`{word}`' for word in choices)}."
    default = one.default.value if isinstance(one.default, Enum) else one.default
    if default and not getattr(one, "is_flag", False):
        says += f" Default: `{default}`."
    if one.required:
        says += " Required."
    return f"| `{name}` | {_cell(says)} |"


def _choices(one: Any) -> list[str]:
    kind = one.type_descriptor.annotation
    return [str(member.value) for member in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


PAGES = {DOCS / "settings.md": settings_page, DOCS / "cli.md": cli_page}


def stale() -> list[Path]:
    """Return the generated documents that are not what the code says."""
    return [path for path, page in PAGES.items() if not path.exists() or path.read_text(encoding="utf-8") != page()]


PICTURED = {"letter-be-ru.png": "2019-W41.be-ru.be-ru.full.html", "letter-en.png": "2019-W41.en.en.full.html"}
WIDTH, HEIGHT = 660, 962
"""Of a picture, in pixels: as far down as the first commentary's first paragraph."""


def take_pictures() -> None:
    """Photograph the sample's letters, as `newsletter digest preview` writes them."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("no browser: none of chromium, chromium-browser, google-chrome on PATH")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment = os.environ | {f"{PREFIX}DATA_DIR": str(place / "data"), f"{PREFIX}PUBLICATION": ""}
        for words in (("load", "seeds"), ("digest", "preview", "2019-W41", "--out", str(place))):
            subprocess.run(
                [sys.executable, "-m", "newsletter.cli", *words],
                env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=True,
            )  # fmt: skip
        (DOCS / "pictures").mkdir(exist_ok=True)
        for name, letter in PICTURED.items():
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has none for root
            subprocess.run(
                [browser, "--headless", *sandbox, "--disable-gpu", "--hide-scrollbars",
                 f"--user-data-dir={place / 'browser'}", f"--window-size={WIDTH},{HEIGHT}",
                 f"--screenshot={DOCS / 'pictures' / name}", (place / letter).as_uri()],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
            )  # fmt: skip


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a document is stale")
    parser.add_argument("--pictures", action="store_true", help="take the pictures anew, too")
    given = parser.parse_args()
    found = stale()
    for path in found:
        if given.check:
            print(f"{path.relative_to(ROOT)} is not what the code says: python -m docs.generate", file=sys.stderr)
        else:
            path.write_text(PAGES[path](), encoding="utf-8")
            print(path.relative_to(ROOT))
    if given.pictures and not given.check:
        take_pictures()
    return 1 if given.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
