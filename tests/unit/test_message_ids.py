"""Message-IDs name a delivery to us alone, the same at every try."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.messageids import LENGTH, NOTE, TEST, Named, message_id, read
from tests.unit.rings import ring

refs = st.binary(min_size=8, max_size=8)
digests = st.integers(1, TEST - 1) | st.sampled_from([NOTE, TEST])
copies = st.integers(0, 32_767)


@given(digests, refs, copies)
def test_it_leads_back_to_its_digest_reader_and_copy(digest: int, ref: bytes, copy: int) -> None:
    local = message_id(ring(1), digest, ref, copy)
    assert len(local) == LENGTH
    assert set(local) <= set("0123456789abcdef")
    assert read(ring(1), local) == read(ring(1), local.upper()) == Named(digest, ref, copy)


@given(refs, copies, copies)
def test_it_is_the_same_at_every_try_and_another_for_every_copy_and_digest(ref: bytes, one: int, other: int) -> None:
    assert (message_id(ring(1), 7, ref, one) == message_id(ring(1), 7, ref, other)) == (one == other)
    assert message_id(ring(1), 7, ref, one) != message_id(ring(1), 8, ref, one)


def test_it_lives_on_when_the_key_changes() -> None:
    local = message_id(ring(1), 7, b"reader 1")
    assert read(ring(1, 2), local) == Named(7, b"reader 1", 0)
    assert read(ring(2), local) is None


def test_readers_next_to_each_other_share_nothing() -> None:
    one, other = (message_id(ring(1), 7, ref) for ref in (b"reader 1", b"reader 2"))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 10


@given(st.text() | st.binary(min_size=16, max_size=16).map(bytes.hex))
def test_what_is_not_ours_names_nothing_or_nobody(text: str) -> None:
    found = read(ring(1), text)
    assert found is None or message_id(ring(1), found.digest_id, found.ref, found.copy) == text.lower()
