"""Header lines: whatever a subject or a name holds, it comes back, and an address stays one address."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.letters.headers import (
    LONGEST,
    UnfitHeader,
    ascii_url,
    date_text,
    mailbox_header,
    ready_header,
    text_header,
)

BELARUSIAN = st.lists(
    st.sampled_from(
        ["Тыдзень", "у", "Беларусі:", "абаронная", "прамысловасць", "—", "ўёў’і", "2019\N{NO-BREAK SPACE}г."]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)
ANYTHING = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=300
)
TEXTS = st.one_of(BELARUSIAN, ANYTHING, st.text('abc "\\<>@,;:=?_()', min_size=1, max_size=150)).filter(
    lambda text: text == text.strip() != ""
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_a_subject_comes_back_word_for_word(text: str) -> None:
    lines = text_header("Subject", text)
    assert lines.isascii()
    assert lines.endswith("\r\n")
    assert all(len(line) <= 78 for line in lines.split("\r\n"))
    raw = email.message_from_string(lines + "\r\n")["Subject"]
    assert str(make_header(decode_header(raw.replace("\r\n", "")))) == text
    modern = email.message_from_string(lines + "\r\n", policy=email.policy.default)["Subject"]
    assert str(modern) == text


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_a_display_name_never_becomes_a_second_address(name: str) -> None:
    lines = mailbox_header("From", name, "digest@week.example.org")
    assert lines.isascii()
    assert all(len(line) <= 78 for line in lines.split("\r\n"))
    raw = email.message_from_string(lines + "\r\n")["From"]
    assert [address for _, address in getaddresses([raw])] == ["digest@week.example.org"]
    modern = email.message_from_string(lines + "\r\n", policy=email.policy.default)["From"]
    assert [one.addr_spec for one in modern.addresses] == ["digest@week.example.org"]
    # Python reads a gap between two encoded words of a name; so no word of ours is cut in two unless it is very long.
    shown = modern.addresses[0].display_name
    assert "".join(shown.split()) == "".join(name.split())
    if all(len(word.encode()) < 40 for word in name.split()):
        assert shown.split() == name.split()


@pytest.mark.parametrize("text", ["a\r\nBcc: b@example.org", "a\nb", "a\0b", "a\x85b", "a\u2028b"])
def test_a_line_break_or_control_character_is_refused(text: str) -> None:
    with pytest.raises(UnfitHeader):
        text_header("Subject", text)
    with pytest.raises(UnfitHeader):
        mailbox_header("From", text, "digest@week.example.org")
    with pytest.raises(UnfitHeader):
        ready_header("List-Help", text)


def test_a_long_link_is_neither_encoded_nor_cut() -> None:
    link = f"<https://week.example.org/{'a' * 900}>"
    assert ready_header("List-Unsubscribe", link, "<mailto:a@b.example>").split("\r\n") == [
        f"List-Unsubscribe: {link},",
        " <mailto:a@b.example>",
        "",
    ]
    with pytest.raises(UnfitHeader):
        ready_header("List-Unsubscribe", link + "a" * LONGEST)


def test_plain_english_stays_plain() -> None:
    assert text_header("Subject", "Weekly letter 41") == "Subject: Weekly letter 41\r\n"
    assert "=?" not in text_header("Subject", "word " * 40 + "end")


def test_a_date_is_31_characters_in_english_and_utc() -> None:
    assert date_text(datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)) == "Sun, 01 Mar 2026 09:05:07 +0000"
    with pytest.raises(ValueError, match="zone"):
        date_text(datetime(2026, 3, 1))  # noqa: DTZ001


def test_a_url_for_a_header_is_ascii() -> None:
    assert ascii_url("http://127.0.0.1:8025") == "http://127.0.0.1:8025"
    assert ascii_url("https://тыдзень.example:8443/a b").startswith("https://xn--")
    assert ascii_url("https://тыдзень.example:8443/a b").endswith(":8443/a%20b")
