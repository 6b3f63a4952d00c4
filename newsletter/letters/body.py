"""A commentary's body: Markdown (CommonMark) as safe HTML.  Raw HTML in it is text, and nothing in it is loaded."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TAGS = {"p", "br", "hr", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "a"}
TAGS |= {"h2", "h3", "h4", "h5", "h6"}
SCHEMES = {"http", "https", "mailto"}
DEPTH = 20
"""Blocks and spans nested deeper than this would be cut by the parser; `check_body` refuses them."""


def parser() -> MarkdownIt:
    """Return a parser of bodies.  Images are no part of them: a letter loads nothing."""
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 5 * DEPTH}).disable("image")


_PARSER = parser()


def parse(text: str) -> list[Token]:
    """Return a body's tokens."""
    return _PARSER.parse(text)


@lru_cache(maxsize=512)  # most of what a page costs; the newest weeks are asked for again and again
def body_html(text: str, top: int = 4) -> Markup:
    """Return a body as HTML that is safe in a mail and on a page; its highest heading becomes `<h{top}>`.

    >>> body_html("*Hello* <script>")
    Markup('<p><em>Hello</em> &lt;script&gt;</p>\\n')
    """
    tokens = parse(text)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(top + int(token.tag[1]) - highest, 6)}"
    rendered = _PARSER.renderer.render(tokens, _PARSER.options, {})
    # A second lock: whatever a fault of the parser lets through, only these tags and links leave this function.
    return Markup(  # noqa: S704
        nh3.clean(
            rendered,
            tags=TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            url_schemes=SCHEMES,
            url_relative="deny",
            link_rel=None,
        )
    )
