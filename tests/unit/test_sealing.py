"""Sealing: what is sealed opens for its own row alone, with its own key, also after the keys changed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.keyfile import KID, Key, create_key_file
from newsletter.sealing import Keyring, Unsealable, read_key_file


def ring(*numbers: int) -> Keyring:
    """Return a ring with a key of each number for every purpose; the last is in use."""
    keys = [Key(bytes([number] * KID), bytes([number] * 32)) for number in numbers]
    return Keyring({"seal": keys, "lookup": keys, "token": keys})


texts = st.text()


@given(texts, st.binary(max_size=20))
def test_what_was_sealed_opens_again(text: str, ref: bytes) -> None:
    sealed = ring(1).seal(text, bound_to=ref)
    assert ring(1).open(sealed, bound_to=ref) == text
    assert ring(1).seal(text, bound_to=ref) != sealed  # two sealed values never tell that they are the same


@given(st.binary(min_size=1, max_size=20), st.binary(max_size=20))
def test_a_value_moved_to_another_row_does_not_open(one: bytes, other: bytes) -> None:
    if one != other:
        with pytest.raises(Unsealable):
            ring(1).open(ring(1).seal("anna@example.org", bound_to=one), bound_to=other)


@given(st.data())
def test_a_value_that_was_tampered_with_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(ring(1).seal("anna@example.org", bound_to=b"ref"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unsealable):
        ring(1).open(bytes(sealed), bound_to=b"ref")


@given(st.binary(max_size=80), st.booleans())
def test_whatever_is_no_sealed_value_is_unsealable_and_not_another_error(junk: bytes, ours: bool) -> None:
    with pytest.raises(Unsealable) as caught:
        ring(1).open(b"\x01" * KID + junk if ours else junk, bound_to=b"ref")
    assert caught.value.__suppress_context__


def test_older_keys_still_open_and_find_what_they_wrote() -> None:
    before, after = ring(1), ring(1, 2)
    sealed = before.seal("anna@example.org", bound_to=b"ref")
    assert after.open(sealed, bound_to=b"ref") == "anna@example.org"
    assert before.lookup("anna@example.org") in after.lookups("anna@example.org")
    assert after.mac(b"leave", b"ref", kid=b"\x01" * KID) == before.mac(b"leave", b"ref")


def test_the_last_line_of_a_purpose_is_the_key_in_use() -> None:
    after = ring(1, 2)
    assert after.seal("a", bound_to=b"")[:KID] == after.lookup("a")[:KID] == after.mac(b"", b"")[0] == b"\x02" * KID
    assert after.lookups("a")[-1] == after.lookup("a")
    with pytest.raises(Unsealable):
        ring(1).open(after.seal("a", bound_to=b""), bound_to=b"")


def test_a_key_file_can_be_given_a_second_key(tmp_path: Path) -> None:
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    create_key_file(old)
    create_key_file(new)
    sealed = read_key_file(old).seal("anna@example.org", bound_to=b"ref")
    old.write_text(old.read_text() + new.read_text())
    both = read_key_file(old)
    assert both.open(sealed, bound_to=b"ref") == "anna@example.org"
    assert both.seal("a", bound_to=b"")[:KID] == read_key_file(new).seal("a", bound_to=b"")[:KID]


def test_a_ring_knows_what_it_made() -> None:
    one, other = ring(1), ring(2)
    for purpose, value in (("seal", one.seal("a", bound_to=b"")), ("lookup", one.lookup("a"))):
        assert one.holds(purpose, value)  # type: ignore[arg-type]
        assert not other.holds(purpose, value)  # type: ignore[arg-type]


@given(texts, texts)
def test_two_addresses_never_share_a_look_up_value(one: str, other: str) -> None:
    assert (ring(1).lookup(one) == ring(1).lookup(other)) == (one == other)
    assert ring(1).lookup(one) != ring(2).lookup(one)


def test_purposes_of_a_mac_do_not_run_into_each_other() -> None:
    assert ring(1).mac(b"a", b"bc") != ring(1).mac(b"ab", b"c")


def test_no_repr_tells_a_key() -> None:
    key = Key(b"\x01" * KID, b"secret" * 6)
    assert "secret" not in repr(key) + repr(ring(1))
