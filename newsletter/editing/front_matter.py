"""One commentary file: front matter (YAML between `---` lines) and a Markdown body; every fault with its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.digest import Outlook, Translation
from newsletter.editing.head import Entry, read_head
from newsletter.editing.misread import Misread, has_controls
from newsletter.letters import check_body

LARGEST = 200_000
"""Octets of a file: twice what Gmail shows of a whole letter."""

MOST_BRACKETS = 500
"""`[` in a body.  The parser looks for the end of every one, so many cost the square of their number."""

REQUIRED = ("outlook", "headline", "standfirst")
KEYS = {*REQUIRED, "author", "position"}
LONGEST = 500
"""Characters of a line of front matter."""


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
        raise Misread([(1, f"the file has more than {LARGEST:,} octets, more than a letter can carry")])
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Misread([(raw.count(b"\n", 0, error.start) + 1, "not UTF-8")]) from None
    head, body, body_line = _split(text)
    entries, faults = read_head(head, KEYS)
    faults += _faults_of(entries)
    faults += [(body_line + line - 1, fault) for line, fault in _faults_of_body(body)]
    if faults:
        raise Misread(sorted(faults))
    values = {name: value for name, (_, value) in entries.items() if value}
    return Manuscript(
        outlook=Outlook(values["outlook"]),
        position=int(values["position"]) if "position" in values else None,
        translation=Translation(
            headline=values["headline"],
            standfirst=values["standfirst"],
            body=body.strip() + "\n",
            author=values.get("author"),
        ),
        lines={name: entry.line for name, entry in entries.items()},
    )


def _split(text: str) -> tuple[str, str, int]:
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise Misread([(1, "wants front matter: a line `---` at the very beginning")])
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    raise Misread([(1, "the front matter is never closed; wants a second line `---`")])


def _faults_of(entries: Mapping[str, Entry]) -> Iterator[tuple[int, str]]:
    for name in REQUIRED:
        if name not in entries:
            yield 2, f"{name} is missing"
    for name, (line, value) in entries.items():
        if value is None:
            yield line, f"{name} wants one line of text"
        elif not value:
            yield line, f"{name} is empty"
        elif has_controls(value):
            yield line, f"{name} holds a line break or a control character"
        elif len(value) > LONGEST:
            yield line, f"{name} has {len(value)} characters; {LONGEST} is the most"
        elif name == "outlook" and value not in set(Outlook):
            yield line, f"no such outlook: {value[:40]!r}; there are {', '.join(Outlook)}"
        elif name == "position" and not (value.isascii() and value.isdigit() and len(value) < 5):
            yield line, "position wants a whole number from 0 to 9999"


def _faults_of_body(body: str) -> list[tuple[int, str]]:
    faults = [
        (number, "a control character")
        for number, line in enumerate(body.split("\n"), 1)
        if has_controls(line.replace("\t", " "))
    ]
    if body.count("[") > MOST_BRACKETS:
        faults.append((1, f"more than {MOST_BRACKETS} square brackets"))
    # A parser may count its lines at a stray carriage return; and brackets without number would keep it for minutes.
    return faults or check_body(body)
