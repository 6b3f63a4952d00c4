"""Replies: the same however the octets are cut, and an end to what is not one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.outcomes import Reply
from newsletter.transport.replies import LONGEST_LINE, LONGEST_REPLY, Malformed, Replies

CODES = st.sampled_from(["220", "250", "354", "421", "451", "550", "554"])
WORDS = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))
LINES = st.builds(
    lambda code, sign, text, end: code.encode() + sign + text + end,
    CODES,
    st.sampled_from([b" ", b"-"]),
    WORDS,
    st.sampled_from([b"\r\n", b"\n"]),
)
STREAMS = st.lists(st.one_of(LINES, st.binary(max_size=30), st.just(b"x" * 5000)), max_size=12).map(b"".join)


def read(pieces: list[bytes]) -> list[Reply | Malformed]:
    """Feed the pieces one after the other."""
    replies = Replies()
    return [reply for piece in pieces for reply in replies.feed(piece)]


@given(STREAMS, st.lists(st.integers(0, 6000), max_size=20))
def test_the_same_octets_give_the_same_replies_however_they_are_cut(octets: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    cut = [octets[start:end] for start, end in pairwise(places)]
    assert read(cut) == read([octets]) == read([octets[place : place + 1] for place in range(len(octets))])


@given(CODES, st.lists(st.text("abc <>.", max_size=20), min_size=1, max_size=5))
def test_a_reply_of_many_lines_is_one_reply(code: str, lines: list[str]) -> None:
    text = "".join(f"{code}-{line}\r\n" for line in lines[:-1]) + f"{code} {lines[-1]}\r\n"
    assert read([text.encode()]) == [Reply(int(code), "\n".join(line.strip() for line in lines), "")]


def test_enhanced_codes_are_taken_from_every_line() -> None:
    assert read([b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n"]) == [Reply(550, "no such user\nhere", "5.1.1")]


def test_an_enhanced_code_of_another_class_is_only_text() -> None:
    assert read([b"250 5.1.1 is a fine number\r\n"]) == [Reply(250, "5.1.1 is a fine number", "")]


def test_a_bare_code_and_a_bare_line_feed_are_put_up_with() -> None:
    assert read([b"250\n250 ok\n"]) == [Reply(250, "", ""), Reply(250, "ok", "")]


def test_eight_bit_octets_and_nul_are_text() -> None:
    assert read(["250 пошта\0".encode() + b"\xff\r\n"]) == [Reply(250, "пошта\0\ufffd", "")]


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"\r\n",
        b"250-one\r\n550 two\r\n",
        b"250 " + b"x" * LONGEST_LINE,
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"250-xxxxxxxxxxxxxxxx\r\n" * (LONGEST_REPLY // 20),
    ],
)
def test_what_is_not_a_reply_ends_it(octets: bytes) -> None:
    *before, last = read([b"220 fine\r\n" + octets, b"250 too late\r\n"])
    assert before == [Reply(220, "fine", "")]
    assert isinstance(last, Malformed)
