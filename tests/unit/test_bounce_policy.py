"""When a mailbox is given up: the policy, case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.badnews import BounceKind
from newsletter.bouncing import Policy, verdict
from newsletter.store.bounces import Past

BAD, FULL, LATER, SPAM = BounceKind.BAD_ADDRESS, BounceKind.MAILBOX_FULL, BounceKind.LATER, BounceKind.POLICY
POLICY = Policy()


def past(letters: str) -> list[Past]:
    """Return what became of digests, the newest first, a letter each.

    `.` arrived; `b` refused, and `B` came back later: bad address; `f`, `F`: full; `x` refused for another reason;
    `s` came back as spam; `!` a crowd said bad address; `2` came back twice, with bad address both times and full;
    `c`, `C`: so says a report that anybody could have written.
    """
    claimed = {"c": {BAD}, "C": {BAD, FULL}}
    kinds = {"b": {BAD}, "B": {BAD}, "f": {FULL}, "F": {FULL}, "s": {SPAM}, "!": {BAD}, "2": {BAD, FULL}}
    return [
        Past(
            f"2026-W{50 - age}",
            letter in ".BFs!2cC",
            frozenset(kinds.get(letter, set())),
            letter == "!",
            frozenset(claimed.get(letter, set())),
        )
        for age, letter in enumerate(letters)
    ]


@pytest.mark.parametrize(
    ("letters", "why"),
    [
        ("", None),
        ("B", None),  # one mail never stops anybody
        ("b", None),
        ("2", None),  # however many reports come of one digest
        ("BB", BAD),
        ("bB", BAD),
        ("B.", None),  # arrived before, and nobody was stopped then
        (".B", None),  # the newest may still come back
        (".BB", BAD),
        ("B.B", None),  # a digest without any bounce until the next one clears the counts
        (".B.B.B.B", None),
        ("BxB", BAD),  # refused for another reason: it neither counts nor clears
        ("BsB", BAD),
        ("ssss", None),  # policy and spam never count
        ("xxxx", None),
        ("FFF", None),
        ("FFFF", FULL),
        (".FFFF", FULL),
        ("fFfF", FULL),
        ("FF.FF", None),
        ("FFxFF", None),  # not running
        ("FFFB", None),
        ("2FFF", FULL),
        ("FFFBB", BAD),
        ("!!", None),  # where many say it, nothing counts
        ("B!B", BAD),
        ("F!FFF", FULL),
        ("!B", None),
        ("cccc", None),
        ("Bc", BAD),
        ("cB", BAD),
        ("xcxB", BAD),
    ],
)
def test_who_is_stopped(letters: str, why: BounceKind | None) -> None:
    assert verdict(past(letters), POLICY) is why


@given(st.text("..bBfFxs!2", max_size=12))
def test_one_digest_more_never_stops_by_itself(letters: str) -> None:
    """Somebody who is not stopped needs a bounce about their mailbox to be stopped, and two digests at least."""
    if verdict(past(letters), POLICY) is None:
        for harmless in ".xs!":
            assert verdict(past(harmless + letters), POLICY) is None
    if verdict(past(letters), POLICY) is not None:
        assert sum(letter in "bBfF2" for letter in letters) >= 2


def test_the_numbers_are_settings() -> None:
    patient = Policy(bad_address_digests=3, mailbox_full_digests=2)
    assert verdict(past("BB"), patient) is None
    assert verdict(past("BBB"), patient) is BAD
    assert verdict(past("FF"), patient) is FULL


def test_few_are_no_crowd_and_neither_is_a_small_share() -> None:
    assert not POLICY.is_crowd(19, 19)
    assert POLICY.is_crowd(20, 80)
    assert not POLICY.is_crowd(20, 81)
