"""Front matter: a flat YAML mapping, read as events, so that no file can make it deep, long or endless."""

from collections.abc import Collection
from typing import NamedTuple

import yaml

from newsletter.editing.misread import Misread

LARGEST_HEAD = 8_000
"""Characters: five keys of 500 leave room for comments."""

DEEPEST = 8
"""A value that is no text is a fault however deep; what nests deeper is not read to its end."""

SHAPE = "front matter wants lines like `headline: …`"


class Entry(NamedTuple):
    """A key's line in the file, and its value; None where that is no text."""

    line: int
    value: str | None


def read_head(head: str, keys: Collection[str]) -> tuple[dict[str, Entry], list[tuple[int, str]]]:
    """Return what front matter says, and what is wrong with it; its first line is the file's second.

    Raises
    Misread: it cannot be read at all.
    """
    if len(head) > LARGEST_HEAD:
        raise Misread([(2, f"front matter has {len(head):,} characters; {LARGEST_HEAD:,} is the most")])
    try:
        nodes = _nodes(head)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        hint = "; put the value in quotes" if ":" in str(error.problem) or "mapping" in str(error.problem) else ""
        raise Misread([(line, f"front matter is not YAML: {error.problem}{hint}")]) from None
    except yaml.reader.ReaderError as error:
        line = head.count("\n", 0, error.position) + 2
        raise Misread([(line, "front matter holds a character that YAML does not allow")]) from None
    except ValueError:
        raise Misread([(2, "front matter is not YAML: an escape that stands for no character")]) from None
    entries: dict[str, Entry] = {}
    faults: list[tuple[int, str]] = []
    for (line, key), (_, value) in zip(nodes[::2], nodes[1::2], strict=True):
        if key is None or key not in keys:
            faults.append((line, f"no such key: {(key or '')[:40]!r}; there are {', '.join(sorted(keys))}"))
        elif key in entries:
            faults.append((line, f"{key} is given twice"))
        else:
            entries[key] = Entry(line, None if value is None else value.strip())
    return entries, faults


def _nodes(head: str) -> list[tuple[int, str | None]]:
    """Return the keys and values of the mapping, one after the other: (line, text, or None where it is no text)."""
    nodes: list[tuple[int, str | None]] = []
    depth = documents = 0
    for event in yaml.parse(head, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 2 if event.start_mark else 2
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor or getattr(event, "tag", None):
                raise Misread([(line, "front matter has no place for anchors, aliases and tags")])
            if documents > 1 or (depth == 0 and not isinstance(event, yaml.MappingStartEvent)):
                raise Misread([(line, SHAPE)])
            if depth == 1:
                nodes.append((line, event.value if isinstance(event, yaml.ScalarEvent) else None))
            depth += isinstance(event, yaml.CollectionStartEvent)
            if depth > DEEPEST:
                raise Misread([(line, f"front matter nests more than {DEEPEST} deep")])
    if not documents:
        raise Misread([(2, SHAPE)])
    return nodes
