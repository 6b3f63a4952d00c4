"""One commentary file: front matter (YAML between `---` lines) and a Markdown body; every fault with its line."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from newsletter.digest import Outlook, Translation
from newsletter.letters import check_body

LARGEST = 200_000
"""Octets of a file: twice what Gmail shows of a whole letter."""

KEYS = {"outlook", "headline", "standfirst", "author", "position"}
REQUIRED = ("outlook", "headline", "standfirst")
LONGEST = 500
"""Characters of a line of front matter."""


class Misread(Exception):
    """Faults of one file, each (line, what is wrong)."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What one file says.  `position` is None where it says nothing; `lines` tells where each key stands."""

    outlook: Outlook
    position: int | None
    translation: Translation
    lines: Mapping[str, int]


def read_manuscript(raw: bytes) -> Manuscript:
    """Return what a file says.

    Raises
    Misread: everything that is wrong with it.
    """
    if len(raw) > LARGEST:
        raise Misread([(1, f"the file has {len(raw):,} octets; {LARGEST:,} is the most a letter can carry")])
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Misread([(raw.count(b"\n", 0, error.start) + 1, "not UTF-8")]) from None
    head, body, body_line = _split(text)
    values, lines, faults = _read_head(head)
    faults += _faults_of(values, lines)
    faults += [(body_line + line - 1, fault) for line, fault in check_body(body)]
    if "\0" in body:
        faults.append((body_line, "a NUL character in the body"))
    if faults:
        raise Misread(sorted(faults))
    return Manuscript(
        outlook=Outlook(values["outlook"]),
        position=int(values["position"]) if "position" in values else None,
        translation=Translation(
            headline=values["headline"],
            standfirst=values["standfirst"],
            body=body.strip() + "\n",
            author=values.get("author"),
        ),
        lines=lines,
    )


def _split(text: str) -> tuple[str, str, int]:
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise Misread([(1, "wants front matter: a line `---` at the very beginning")])
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    raise Misread([(1, "the front matter is never closed; wants a second line `---`")])


def _read_head(head: str) -> tuple[dict[str, str], dict[str, int], list[tuple[int, str]]]:
    try:
        node = yaml.compose(head, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        hint = "; put the value in quotes" if ":" in str(error.problem) or "mapping" in str(error.problem) else ""
        raise Misread([(line, f"front matter is not YAML: {error.problem}{hint}")]) from None
    except yaml.YAMLError:
        raise Misread([(2, "front matter holds a character that YAML does not allow")]) from None
    if not isinstance(node, yaml.MappingNode):
        raise Misread([(2, "front matter wants lines like `headline: …`")])
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    faults: list[tuple[int, str]] = []
    for key, value in node.value:
        line = key.start_mark.line + 2
        name = str(key.value)
        if name not in KEYS:
            faults.append((line, f"no such key: {name[:40]!r}; there are {', '.join(sorted(KEYS))}"))
        elif name in values:
            faults.append((line, f"{name} is given twice"))
        elif not isinstance(value, yaml.ScalarNode):
            faults.append((line, f"{name} wants one line of text"))
        else:
            values[name], lines[name] = value.value.strip(), line
    return values, lines, faults


def _faults_of(values: Mapping[str, str], lines: Mapping[str, int]) -> list[tuple[int, str]]:
    faults = [(2, f"{name} is missing") for name in REQUIRED if name not in values]
    for name, value in values.items():
        if not value:
            faults.append((lines[name], f"{name} is empty"))
        elif any(ord(char) < 32 or ord(char) == 127 or char in "\u2028\u2029" for char in value):
            faults.append((lines[name], f"{name} holds a line break or a control character"))
        elif len(value) > LONGEST:
            faults.append((lines[name], f"{name} has {len(value)} characters; {LONGEST} is the most"))
    outlook = values.get("outlook")
    if outlook and outlook not in set(Outlook):
        faults.append((lines["outlook"], f"no such outlook: {outlook[:40]!r}; there are {', '.join(Outlook)}"))
    position = values.get("position")
    if position and not (position.isascii() and position.isdigit() and len(position) < 5):
        faults.append((lines["position"], "position wants a whole number from 0 to 9999"))
    return faults
