"""What is wrong with a body, line by line, before anything of it is stored."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from markdown_it.token import Token

from newsletter.letters.body import DEPTH, SCHEMES, parser

HOST = re.compile(r"[\w.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name, an IPv4 address, or an IPv6 address without its brackets."""

_EVERYTHING = parser().enable("image")
# A target that the parser would refuse to link must be seen, not shown as text.
_EVERYTHING.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005


def check_body(text: str) -> list[tuple[int, str]]:
    """Return the faults of a body as (line, what is wrong), the first line being 1; none for a good one.

    >>> check_body("One.\\n\\nTwo [here](javascript:alert(1)).")
    [(3, 'a link must lead to http://, https:// or mailto:, not to javascript:alert(1)')]
    >>> check_body("  ")
    [(1, 'the body is empty')]
    """
    env: dict[str, dict[str, dict[str, object]]] = {}
    tokens = _EVERYTHING.parse(text, env)
    faults = [fault for token in tokens for fault in _faults(token)]
    used = {what for _, what in faults}
    for reference in env.get("references", {}).values():
        what = target_fault(str(reference["href"]))
        if what and what not in used:
            place = reference.get("map")
            faults.append((place[0] + 1 if isinstance(place, list) else 1, what))
    if not any(_says_something(token) for token in tokens):
        faults.append((1, "the body is empty"))
    return sorted(faults)


def target_fault(target: str) -> str | None:
    """Return what is wrong with a link's target, if anything is."""
    try:
        parts = urlsplit(target)
        good = parts.scheme in SCHEMES and (
            bool(parts.path) if parts.scheme == "mailto" else bool(HOST.fullmatch(parts.hostname or ""))
        )
    except ValueError:
        good = False
    return None if good else f"a link must lead to http://, https:// or mailto:, not to {target[:60] or 'nothing'}"


def _faults(token: Token) -> Iterator[tuple[int, str]]:
    line = token.map[0] + 1 if token.map else 1
    if token.level > DEPTH:
        yield line, f"nested more than {DEPTH} deep"
    for child in token.children or ():
        if child.type == "link_open" and (what := target_fault(str(child.attrs.get("href", "")))):
            yield line, what
        elif child.type == "image":
            yield line, "an image: a letter loads nothing, describe it in words"
        elif child.level > DEPTH:
            yield line, f"nested more than {DEPTH} deep"
        elif child.type in ("softbreak", "hardbreak"):
            line += 1


def _says_something(token: Token) -> bool:
    return any(bool(part.content.strip()) or part.type == "image" for part in (token, *(token.children or ())))
