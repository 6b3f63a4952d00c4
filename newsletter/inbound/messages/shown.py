"""What a reader of HTML sees, line by line; what a mail program marks there as quoted becomes a line of `>`."""

import html
import re

QUOTED = (
    "gmail_quote",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "reply-intro",
    "zmail_extra",
    "olk_src_body_section",
    "mail-editor-reference-message",
    'name="quote"',
)
"""Classes, names and ids of elements in which programs put what they quote."""

QUOTED_FROM = ("divrplyfwdmsg", "zwchr")
"""Those of elements behind which all is quoted."""

UNREAD = ("head", "style", "script", "title")
LINE = ("br", "div", "p", "li", "tr", "table", "hr", "pre", "h1", "h2", "h3", "blockquote")
VOID = ("br", "hr", "img", "input", "meta", "link", "wbr")

SIGNATURE = re.compile(r"(?:class|id)\s*=\s*[\"']?[^\"'>]{0,80}signature", re.IGNORECASE)
INDENTED = re.compile(r"border(?:-left)?:\s*(?:none|0)", re.IGNORECASE)
"""The style of a `blockquote` that somebody only moved to the right."""

TAG = re.compile(r"/?([a-zA-Z!][^\s/>]{0,40})")


def shown(source: str) -> str:
    """Return the text of HTML: quotations as `>` alone, and `-- ` in front of what is marked as a signature."""
    lines: list[str] = []
    within, depth, preformatted = "", 0, False  # the element that is not read, and how many of its kind are open
    first, *pieces = _uncommented(source).split("<")
    lines.append(first)
    for piece in pieces:
        tag, _, words = piece.partition(">")
        found = TAG.match(tag)
        if found is None:  # no tag: somebody wrote "<3"
            lines.append("" if within else f"<{piece}")
            continue
        name, closes, marks = found[1].lower(), tag.startswith("/"), tag.lower()
        if within:
            depth += (-1 if closes else 1) if name == within else 0
            within = within if depth > 0 else ""
        elif not closes:
            if any(mark in marks for mark in QUOTED_FROM):
                return _read([*lines, "\n>\n"])
            quoted = any(mark in marks for mark in QUOTED) or (name == "blockquote" and not INDENTED.search(tag))
            if (quoted or name in UNREAD) and name not in VOID:
                within, depth = name, 1
                lines.append("\n>\n" if quoted else "")
            elif SIGNATURE.search(tag):
                lines.append("\n-- \n")
        if name == "pre":
            preformatted = not closes
        if not within:
            lines.append("\n" if name in LINE else "")
            lines.append(words if preformatted else re.sub(r"\s+", " ", words))
    return _read(lines)


def _read(lines: list[str]) -> str:
    return html.unescape("".join(lines))


def _uncommented(source: str) -> str:
    first, *others = source.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)
