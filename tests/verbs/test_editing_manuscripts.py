"""One commentary file: what is wrong with it is told all at once, with the line; and no file takes forever."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.digest import Outlook
from newsletter.editing.front_matter import LARGEST, Manuscript, read_manuscript
from newsletter.editing.misread import Misread
from tests.verbs.manuscripts import manuscript


def faults(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(Misread) as caught:
        read_manuscript(text if isinstance(text, bytes) else text.encode())
    return caught.value.faults


def test_a_good_file_says_what_it_says() -> None:
    read = read_manuscript(
        manuscript(author="A. Desk", position="7", body="\n*One* [a](https://b.example).\n\n").encode()
    )
    assert (read.outlook, read.position, read.lines["position"]) == (Outlook.WORSE, 7, 6)
    assert read.translation.author == "A. Desk"
    assert read.translation.body == "*One* [a](https://b.example).\n"


@pytest.mark.parametrize("text", [manuscript().replace("\n", "\r\n"), "\ufeff" + manuscript(), manuscript() + "\n\n"])
def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_fault(text: str) -> None:
    assert read_manuscript(text.encode()) == read_manuscript(manuscript().encode())


WRONG = [
    (manuscript(outlook="bad"), 2, "no such outlook: 'bad'; there are better, unchanged, worse"),
    (manuscript(outlook=None), 2, "outlook is missing"),
    (manuscript(headline=""), 3, "headline is empty"),
    (manuscript(headline="x" * 501), 3, "headline has 501 characters; 500 is the most"),
    (manuscript(headline='"a\\r\\nBcc: b"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"a\\0b"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"a\\e[31m"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"a\\Lb"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"a\\x9bb"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"\\ud800"'), 3, "headline holds a line break or a control character"),
    (manuscript(headline='"\\U00110000"'), 2, "front matter is not YAML: an escape that stands for no character"),
    (manuscript(headline="|\n  a\n  b"), 3, "headline holds a line break or a control character"),
    (manuscript(headline="a: b"), 3, "front matter is not YAML: mapping values are not allowed here; put the value"),
    (manuscript(headline="[a, b]"), 3, "headline wants one line of text"),
    (manuscript(headline="{a: b}"), 3, "headline wants one line of text"),
    (manuscript(headline='"a'), 4, "front matter is not YAML: found unexpected end of stream"),
    (manuscript(headline="a\x07b"), 3, "front matter holds a character that YAML does not allow"),
    (manuscript(headline="!!python/name:os.system x"), 3, "front matter has no place for anchors, aliases and tags"),
    (manuscript(headline="&a x"), 3, "front matter has no place for anchors, aliases and tags"),
    (manuscript(standfirst="*a"), 4, "front matter has no place for anchors, aliases and tags"),
    (manuscript(standfirst="a\nheadline: b"), 5, "headline is given twice"),
    (manuscript(standfirst="a\noutlok: worse"), 5, "no such key: 'outlok'; there are author, headline, outlook"),
    (manuscript(standfirst="a\n? [a, b]\n: c"), 5, "no such key: ''"),
    (manuscript(position="-1"), 5, "position wants a whole number from 0 to 9999"),
    (manuscript(position="1.5"), 5, "position wants a whole number from 0 to 9999"),
    (manuscript(position="٣"), 5, "position wants a whole number from 0 to 9999"),
    (manuscript(body=""), 6, "the body is empty"),
    (manuscript(body=" \n\n\t\n"), 6, "the body is empty"),
    (manuscript(body="a\n\n[b](javascript:alert(1))\n"), 9, "a link must lead to http://, https:// or mailto:"),
    (manuscript(body="a\n<ftp://b.example>\n"), 8, "a link must lead to http://, https:// or mailto:"),
    (manuscript(body="a\0b\n"), 7, "a control character"),
    (manuscript(body="a\n\x1b[31mb\n"), 8, "a control character"),
    (manuscript(body="a\rb\n"), 7, "a control character"),
    (manuscript(body="[" * 501), 6, "more than 500 square brackets"),
    ("", 1, "wants front matter: a line `---` at the very beginning"),
    ("A headline\n\nA body", 1, "wants front matter: a line `---` at the very beginning"),
    ("---\noutlook: worse\n", 1, "the front matter is never closed; wants a second line `---`"),
    ("---\n---\na\n", 2, "front matter wants lines like `headline: …`"),
    ("---\n- a\n---\na\n", 2, "front matter wants lines like `headline: …`"),
    ("---\na: b\n--- c\n---\na\n", 3, "front matter wants lines like `headline: …`"),
    (manuscript().encode().replace(b"One", b"O\xffe"), 7, "not UTF-8"),
    (manuscript().encode("utf-16"), 1, "not UTF-8"),
    (b"x" * (LARGEST + 1), 1, "the file has more than 200,000 octets, more than a letter can carry"),
]


@pytest.mark.parametrize(("text", "line", "fault"), WRONG)
def test_a_fault_names_its_line(text: str | bytes, line: int, fault: str) -> None:
    (found,) = faults(text)
    assert found[0] == line
    assert found[1].startswith(fault)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    wrong = manuscript(
        outlook="bad", headline="", standfirst=None, position="x", body="a\n\n[b](file:///etc)\n\n![c](d)\n"
    )
    assert [line for line, _ in faults(wrong)] == [2, 2, 3, 4, 9, 11]


@pytest.mark.parametrize(
    "head",
    [
        "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a, *a, *a, *a, *a, *a]\n" for n in range(30)),
        "headline: " + "[" * 7_000,
        "headline: " + "{a: " * 1_900,
        "? " * 3_900,
        "- " * 3_900,
        "headline: " + "a" * 8_000,
        "headline: " + "x, " * 60_000,
    ],
    ids=["laughs", "flow", "maps", "keys", "lists", "long", "huge"],
)
def test_no_front_matter_is_deep_long_or_endless(head: str) -> None:
    assert len(faults(f"---\n{head}\n---\na\n")) == 1


heads = st.text("ab:-?[]{}&*!|>'\"%@`#, \n\t\\~eulx0U") | st.sampled_from([*manuscript().split("\n"), "---", "..."])
files = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.builds("---\n{}\n---\n{}".format, st.lists(heads).map("\n".join), st.text()).map(str.encode),
    st.builds(lambda key, value, body: manuscript(**{key: value}, body=body).encode(),
              st.sampled_from(["outlook", "headline", "author", "position"]), heads | st.text(), st.text()),
)  # fmt: skip


@given(files)
@example(b"---\n\xef\xbb\xbf---\n")
def test_any_octets_are_a_manuscript_or_misread_and_nothing_else(raw: bytes) -> None:
    try:
        read: Manuscript | Misread = read_manuscript(raw)
    except Misread as misread:
        read = misread
    if isinstance(read, Misread):
        lines = raw.count(b"\n") + raw.count(b"\r") + 2
        assert read.faults
        assert all(1 <= line <= lines for line, _ in read.faults)
    else:
        for text in (read.translation.headline, read.translation.standfirst, read.translation.author or ""):
            assert text.isprintable() or all(ord(char) > 159 for char in text if not char.isprintable())
        assert read.translation.body.encode()
