"""Bodies: Markdown as safe HTML, as text that is as complete, and what is refused."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.letters import body_html, body_text, check_body

EVERYTHING = """\
A paragraph with *emphasis*, **strength**, `code` and
a [link](https://example.org/act "The act").

## A heading

1. one
2. two
   - inner *first*
   - inner second

     with a second paragraph

7) seven

> A quote
> of two lines.
>
> - a list in it

    code, kept  as it is

***

Hard\\
break; <https://example.org/auto>, <anna@example.org>.
"""


def test_everything_a_body_may_hold_as_text() -> None:
    assert body_text(EVERYTHING, width=40) == AS_TEXT


AS_TEXT = """\
A paragraph with emphasis, strength,
code and a link
<https://example.org/act>.

A heading

1. one
2. two
   - inner first

   - inner second

     with a second paragraph

7. seven

> A quote of two lines.
>
> - a list in it

    code, kept  as it is

* * *

Hard
break; https://example.org/auto,
anna@example.org."""


def test_a_list_is_as_tight_as_it_was_written() -> None:
    assert body_text("- a\n- b\n  1. c\n  2. d\n- e") == "- a\n- b\n  1. c\n  2. d\n- e"
    assert body_text("9. a\n10. b\n    more") == "9. a\n10. b more"
    assert body_text("- a\n\n  b\n- c") == "- a\n\n  b\n\n- c"
    assert body_text("-\n- b") == "-\n- b"


def test_headings_begin_at_the_level_asked_for() -> None:
    assert body_html("## One\n\n### Two") == "<h4>One</h4>\n<h5>Two</h5>\n"
    assert body_html("# One\n\n###### Six", top=2) == "<h2>One</h2>\n<h6>Six</h6>\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <b onclick=a()>x</b>",
        "<!-- hidden -->",
        "<style>*{display:none}</style>",
    ],
)
def test_raw_html_is_shown_as_text(hostile: str) -> None:
    html = body_html(hostile)
    assert re.sub("</?p>", "", html).count("<") == 0
    assert "&lt;" in html
    assert hostile in body_text(hostile, width=500)
    assert check_body(hostile) == []


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "&#106;avascript:alert(1)", "data:text/html,x", "vbscript:x", "",
     "file:///etc", "ftp://example.org/", "/relative", "#top", "page.html", "//example.org/x", "http:example.org",
     "https://", "mailto:", "https://[half"],
)  # fmt: skip
def test_a_link_that_is_not_http_or_mailto_is_a_fault_with_its_line(target: str) -> None:
    link = f"[x](<{target}>)"
    for body in (f"One.\n\nTwo\nthree {link}.", f"One.\n\n[x][1]\n\n[1]: <{target}>", f"- a\n\n  > {link}"):
        faults = check_body(body)
        assert len(faults) == 1, body
        assert faults[0][0] in (3, 4)
        assert "must lead to http" in faults[0][1]
        assert not re.search(r'href="(?!https?:|mailto:)', body_html(body))


def test_faults_name_the_line_they_are_in() -> None:
    body = "ok\n\none [a](ftp://x)\ntwo\nthree [b](ftp://y)\n\n![pic](https://example.org/p.png)\n\n[unused]: ftp://z\n"
    assert [line for line, _ in check_body(body)] == [3, 5, 7, 9]
    assert "image" in check_body(body)[2][1]
    assert "<img" not in body_html(body)


@pytest.mark.parametrize("body", ["", "  \n\t\n", "[a]: https://example.org\n"])
def test_an_empty_body_is_a_fault(body: str) -> None:
    assert check_body(body) == [(1, "the body is empty")]


def test_what_the_parser_would_cut_is_a_fault() -> None:
    assert check_body("> " * 12 + "deep") == []
    assert "nested" in check_body("> " * 30 + "deep")[0][1]
    assert "nested" in check_body("> " * 3000 + "deep")[0][1]
    assert "deep" in body_text("> " * 12 + "deep")


def test_good_links_pass() -> None:
    assert check_body("[a](https://example.org/ў?x=1&y=2) <mailto:anna@example.org> [b](http://127.0.0.1:8025/)") == []


WORDS = st.text("abcўі", min_size=1, max_size=12)


@st.composite
def markdown(draw: st.DrawFn, depth: int = 0) -> str:
    """Paragraphs, lists and quotes, nested."""
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["p", "p", "ul", "ol", "quote"] if depth < 3 else ["p"]))
        if kind == "p":
            marks = st.sampled_from(["{}", "*{}*", "**{}**", "[{}](https://example.org/)", "`{}`", "{}\n"])
            words = draw(st.lists(st.tuples(marks, WORDS), min_size=1, max_size=20))
            blocks.append(" ".join(mark.format(word) for mark, word in words).replace("\n ", "\n").strip())
            continue
        inner = draw(markdown(depth + 1))
        first, rest = {"ul": ("- ", "  "), "ol": ("1. ", "   "), "quote": ("> ", "> ")}[kind]
        lines = inner.split("\n")
        blocks.append("\n".join([first + lines[0], *(rest + line for line in lines[1:])]))
    return "\n\n".join(blocks)


@settings(max_examples=150, deadline=None)
@given(markdown())
def test_text_has_every_word_that_html_has_in_the_same_order(body: str) -> None:
    html = re.findall("[abcўі]+", re.sub("<[^>]+>", " ", body_html(body)))
    text = body_text(body, width=60)
    assert re.findall("[abcўі]+", text.replace("<https://example.org/>", "")) == html
    assert check_body(body) == []


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_text_at_all_makes_html_that_loads_or_runs(body: str) -> None:
    html = body_html(body)
    assert not re.search(r"<(?!/?(?:p|br|hr|em|strong|code|pre|ul|ol|li|blockquote|a|h\d)\b)", html)
    assert isinstance(body_text(body), str)
    check_body(body)
