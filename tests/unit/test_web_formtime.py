"""Signed form time: neither too quick nor too old, and nobody makes one up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.keyfile import KID, Key
from newsletter.sealing import Keyring
from newsletter.settings import Settings
from newsletter.tokens import LENGTH, Purpose, make
from newsletter.web.guards.formtime import Age, age_of, form_token

NOW = datetime(2026, 11, 2, 9, 0, 0, 900_000, tzinfo=UTC)


def ring(*numbers: int) -> Keyring:
    keys = [Key(bytes([number] * KID), bytes([number] * 32)) for number in numbers]
    return Keyring({"seal": keys, "lookup": keys, "token": keys})


def age(token: str | None, *, after: timedelta = timedelta(), least: float = 2, keys: Keyring | None = None) -> Age:
    return age_of(keys or ring(1), token, now=NOW + after, settings=Settings(), least=least)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-3600, Age.TOO_QUICK),
        (0, Age.TOO_QUICK),
        (1.99, Age.TOO_QUICK),
        (2, Age.FRESH),
        (2 * 3600, Age.FRESH),
        (2 * 3600 + 0.1, Age.STALE),
        (2 * 24 * 3600, Age.STALE),
    ],
)
def test_a_form_is_fresh_from_two_seconds_to_two_hours(seconds: float, expected: Age) -> None:
    token = form_token(ring(1), NOW)
    assert len(token) == LENGTH
    assert age(token, after=timedelta(seconds=seconds)) is expected


@pytest.mark.parametrize("seconds", [-3600, -1, 0, 0.5, 7200])
def test_a_page_with_one_button_may_be_answered_at_once(seconds: float) -> None:
    assert age(form_token(ring(1), NOW), after=timedelta(seconds=seconds), least=0) is Age.FRESH


def test_a_key_that_was_changed_meanwhile_still_counts() -> None:
    assert age(form_token(ring(1), NOW), after=timedelta(minutes=1), keys=ring(1, 2)) is Age.FRESH


@pytest.mark.parametrize("token", [None, "", "0" * LENGTH, "x", "é", "0" * 100_000])
def test_what_we_did_not_sign_is_foreign(token: str | None) -> None:
    assert age(token) is Age.FOREIGN


def test_no_other_token_and_no_other_installations_is_a_form() -> None:
    then = form_token(ring(1), NOW - timedelta(minutes=1))
    assert age(then) is Age.FRESH
    assert age(then, keys=ring(2)) is Age.FOREIGN
    time = bytes.fromhex(then)[KID : KID + 8]
    assert [age(make(ring(1), purpose, time)) for purpose in Purpose if purpose is not Purpose.FORM] == [
        Age.FOREIGN
    ] * (len(Purpose) - 1)


@given(st.binary(min_size=8, max_size=8))
def test_no_signed_number_is_too_large(ref: bytes) -> None:
    """A reader's random number, if it ever came to be signed for this purpose, would be no fault of the page."""
    assert age(make(ring(1), Purpose.FORM, ref)) in Age
