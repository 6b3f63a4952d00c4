"""Tokens: they name a reader for one purpose, and cannot be made up, mended or moved to another."""

import string
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.tokens import LENGTH, REF, ForeignToken, Purpose, make, read, return_path
from tests.unit.rings import ring

ALPHABET = string.digits + "abcdef"
refs = st.binary(min_size=REF, max_size=REF)
purposes = st.sampled_from(Purpose)


@given(refs, purposes)
def test_a_token_names_its_reader(ref: bytes, purpose: Purpose) -> None:
    token = make(ring(1), purpose, ref)
    assert read(ring(1), purpose, token) == ref
    assert len(token) == LENGTH
    assert set(token) <= set(ALPHABET)


@given(refs, purposes, purposes)
def test_a_token_for_another_purpose_is_as_good_as_none(ref: bytes, one: Purpose, other: Purpose) -> None:
    if one is not other:
        with pytest.raises(ForeignToken):
            read(ring(1), other, make(ring(1), one, ref))


@given(refs, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_token_with_one_letter_changed_is_foreign(ref: bytes, place: int, letter: str) -> None:
    token = make(ring(1), Purpose.LEAVE, ref)
    if token[place] != letter:
        with pytest.raises(ForeignToken):
            read(ring(1), Purpose.LEAVE, token[:place] + letter + token[place + 1 :])


@given(st.text() | st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH) | st.text("a=27 ", min_size=LENGTH))
def test_whatever_is_no_token_is_foreign_and_not_another_error(text: str) -> None:
    with pytest.raises(ForeignToken) as caught:
        read(ring(1), Purpose.LEAVE, text)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert str(caught.value) == "this link is not complete or not ours"


TOKEN = make(ring(1), Purpose.LEAVE, b"reader 1")
LETTER = next(filter(str.isalpha, TOKEN))


@pytest.mark.parametrize(
    "token",
    [
        TOKEN[:-1],
        TOKEN[1:],
        TOKEN + "a",
        TOKEN + "aa",
        TOKEN.upper(),
        TOKEN.replace(LETTER, LETTER.upper(), 1),
        TOKEN + "\n",
        " " + TOKEN[1:],
        " ".join([TOKEN[:24], TOKEN[25:]]),
        TOKEN[:-1] + "ı",
        TOKEN[:-1] + "\N{FULLWIDTH LATIN SMALL LETTER A}",
        "",
    ],
)
def test_a_cut_shouted_or_foreign_token_is_refused(token: str) -> None:
    with pytest.raises(ForeignToken):
        read(ring(1), Purpose.LEAVE, token)


def test_a_token_lives_on_when_the_key_changes_and_ends_with_its_key() -> None:
    assert read(ring(1, 2), Purpose.LEAVE, TOKEN) == b"reader 1"
    with pytest.raises(ForeignToken):
        read(ring(2), Purpose.LEAVE, TOKEN)


@given(refs)
def test_a_return_path_is_one_address_in_lower_case_that_fits(ref: bytes) -> None:
    path = return_path(ring(1), ref, "digest@week.example.org")
    local, _, domain = path.rpartition("@")
    assert len(local) <= 64
    assert path == path.lower()
    assert domain == "week.example.org"
    assert parseaddr(path) == ("", path)
    assert read(ring(1), Purpose.BOUNCE, local.removeprefix("bounce+")) == ref
