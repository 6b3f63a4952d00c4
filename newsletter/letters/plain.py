"""A body as plain text, as complete as its HTML: nothing but looks is lost."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.tree import SyntaxTreeNode

from newsletter.letters.body import parse

NARROWEST = 24
"""Characters that nested lists and quotes leave to a line at least; deeper ones run over the width."""


def body_text(text: str, width: int = 72) -> str:
    """Return a body as lines of `width` characters, no line break at the end.

    >>> print(body_text("Read *this*:\\n\\n- [the act](https://example.org/act)\\n- > a quote"))
    Read this:
    <BLANKLINE>
    - the act <https://example.org/act>
    - > a quote
    """
    return "\n".join(_blocks(SyntaxTreeNode(parse(text)).children, width))


def _blocks(nodes: Sequence[SyntaxTreeNode], width: int, *, tight: bool = False) -> list[str]:
    lines: list[str] = []
    for node in nodes:
        if lines and not tight:
            lines.append("")
        lines += _block(node, width)
    return lines


def _block(node: SyntaxTreeNode, width: int) -> list[str]:
    match node.type:
        case "paragraph" | "heading":
            return _wrapped("".join(_inline(node.children)), width)
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children, width - 2)]
        case "bullet_list" | "ordered_list":
            return _list(node, width)
        case "fence" | "code_block":
            return [f"    {line}".rstrip() for line in node.content.rstrip("\n").split("\n")]
        case "hr":
            return ["* * *"]
    return _wrapped(node.content, width)


def _list(node: SyntaxTreeNode, width: int) -> list[str]:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    marks = [f"{first + place}. " if node.type == "ordered_list" else "- " for place in range(len(node.children))]
    tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
    lines: list[str] = []
    for mark, item in zip(marks, node.children, strict=True):
        if lines and not tight:
            lines.append("")
        inner = _blocks(item.children, width - len(mark), tight=tight) or [""]
        lines.append((mark + inner[0]).rstrip())
        lines += [(" " * len(mark) + line).rstrip() for line in inner[1:]]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    room = max(width, NARROWEST)
    return [
        line
        for part in text.split("\n")
        for line in wrap(part, room, break_long_words=False, break_on_hyphens=False) or [""]
    ]


def _inline(nodes: Sequence[SyntaxTreeNode]) -> Iterator[str]:
    for node in nodes:
        match node.type:
            case "inline" | "em" | "strong":
                yield from _inline(node.children)
            case "softbreak":
                yield " "
            case "hardbreak":
                yield "\n"
            case "link":
                yield _link("".join(_inline(node.children)), str(node.attrs["href"]))
            case _:
                yield node.content


def _link(words: str, target: str) -> str:
    """Return "words <target>", or the words alone where they are the target already.

    >>> _link("anna@example.org", "mailto:anna@example.org")
    'anna@example.org'
    """
    same = target in (normalizeLink(words), f"mailto:{words}")
    return words if same else f"{words} <{target}>".lstrip()
