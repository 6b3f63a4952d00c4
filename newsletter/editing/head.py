"""Front matter: a flat YAML mapping, read as events so that no file can make it deep, long or endless."""

from collections.abc import Collection
from typing import NamedTuple

import yaml

from newsletter.editing.misread import Misread

LARGEST_HEAD = 8_000
"""Characters: five keys of 500 leave room for comments."""

DEEPEST = 8
"""A value that is no text is a fault however deep; deeper than this the rest is not read."""


class Entry(NamedTuple):
    """A key's line in the file, and its value."""

    line: int
    value: str


def read_head(head: str, keys: Collection[str]) -> tuple[dict[str, Entry], list[tuple[int, str]]]:
    """Return what front matter says, and what is wrong with it; its first line is the file's second.

    Raises
    Misread: it cannot be read at all.
    """
    if len(head) > LARGEST_HEAD:
        raise Misread([(2, f"front matter has {len(head):,} characters; {LARGEST_HEAD:,} is the most")])
    try:
        return _read(head, keys)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        hint = "; put the value in quotes" if ":" in str(error.problem) or "mapping" in str(error.problem) else ""
        raise Misread([(line, f"front matter is not YAML: {error.problem}{hint}")]) from None
    except yaml.reader.ReaderError as error:
        line = head.count("\n", 0, error.position) + 2
        raise Misread([(line, "front matter holds a character that YAML does not allow")]) from None
    except ValueError:  # an escape in quotes for a character that there is not
        raise Misread([(2, "front matter is not YAML: an escape that stands for no character")]) from None


def _read(head: str, keys: Collection[str]) -> tuple[dict[str, Entry], list[tuple[int, str]]]:
    entries: dict[str, Entry] = {}
    faults: list[tuple[int, str]] = []
    depth = 0
    key: str | None = None
    line = 2
    for event in yaml.parse(head, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.NodeEvent) and (event.anchor or getattr(event, "tag", None)):
            raise Misread([(event.start_mark.line + 2, "front matter has no place for anchors, aliases and tags")])
        if isinstance(event, yaml.DocumentStartEvent) and (event.explicit or event.version or event.tags):
            raise Misread([(event.start_mark.line + 2, "front matter is one document, without directives")])
        if isinstance(event, (yaml.CollectionEndEvent)):
            depth -= 1
