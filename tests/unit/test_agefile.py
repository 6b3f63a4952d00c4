"""Files in the `age` format: what we write another implementation opens, and what it writes we open; no other octet."""

import io
import tracemalloc
from base64 import b64decode
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrage import DecryptError, passphrase

from newsletter.agefile import CHUNK, MAGIC, NotOpened, decrypt, encrypt, is_encrypted

WORDS = "словы for a test"
CHEAP = 10
BY_AGE = (
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBiU1NMZThSVXVZQ1NMSGNSOFJiSENRIDE4ClJwNDlrT040M0dmSUNyOUV3N2dzZjRQaHZE"
    "aXNnZEZzQWtwZFdWUE1aUGcKLS0tIDFiWG9DbmszQzZEUnBoTmNjMG1ncldCUUZGYW0rQzc0UGtVNWdyR3h5SW8KQ/c9Zfl9q2WCyRCeGadLeqPY"
    "NWgVW9WHHPos8F7gOOkoeJ1A9sjGZb/eli/K++PX+GxUEBBSKI7A4LvhNzHJDx2/"
)
"""Written by `age --passphrase`, version 1.1.1."""
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)


def sealed(plain: bytes, words: str = WORDS, part: int = 1000) -> bytes:
    out = io.BytesIO()
    encrypt(out, (plain[first : first + part] for first in range(0, len(plain), part)), words, work=CHEAP)
    return out.getvalue()


def opened(octets: bytes, words: str = WORDS) -> bytes:
    return decrypt(io.BytesIO(octets), words).read()


@pytest.mark.parametrize("size", SIZES)
def test_another_implementation_opens_what_we_write(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    octets = sealed(plain[:size])
    assert is_encrypted(octets)
    assert passphrase.decrypt(octets, WORDS) == plain[:size] == opened(octets)


def test_we_open_what_age_itself_has_written() -> None:
    assert opened(b64decode(BY_AGE)) == b"email,edition\nanna@example.org,en\n"


def test_a_guess_at_the_passphrase_costs_what_it_does_with_age_itself() -> None:
    out = io.BytesIO()
    encrypt(out, [b"x"], WORDS)
    stanza = out.getvalue().splitlines()[1]
    assert stanza.startswith(b"-> scrypt ")
    assert stanza.endswith(b" 18")
    assert opened(out.getvalue()) == b"x"


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_parts_come_back(parts: list[bytes]) -> None:
    out = io.BytesIO()
    encrypt(out, parts, WORDS, work=1)
    assert opened(out.getvalue()) == b"".join(parts)


@pytest.mark.parametrize("words", ["", WORDS + " ", WORDS.upper()])
def test_another_passphrase_opens_nothing(words: str) -> None:
    with pytest.raises(NotOpened):
        opened(sealed(b"plain"), words)


@pytest.mark.parametrize("size", [5, CHUNK, 2 * CHUNK])
def test_a_file_that_was_cut_anywhere_is_found_out(size: int) -> None:
    octets = sealed(b"x" * size)
    for end in {*range(0, 200, 7), len(octets) - CHUNK - 16, len(octets) - 17, len(octets) - 16, len(octets) - 1}:
        if 0 <= end < len(octets):
            with pytest.raises(NotOpened):
                opened(octets[:end])


def test_a_file_in_which_one_octet_changed_is_found_out() -> None:
    octets = sealed(b"x" * 20)
    for place in range(len(octets)):
        changed = bytearray(octets)
        changed[place] ^= 1
        if changed.splitlines()[1].rpartition(b" ")[2] not in (b"10", b"11"):
            continue  # the cost of a guess, in which an octet changed: for another test
        with pytest.raises(NotOpened):
            opened(bytes(changed))
    with pytest.raises(DecryptError):  # nor does anybody else take such a file
        passphrase.decrypt(octets[:-1], WORDS)


def test_chunks_in_another_order_or_one_more_are_found_out() -> None:
    octets = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c")
    start = octets.index(b"\n---") + len("\n--- ") + 43 + len("\n") + 16
    first, second, last = (octets[start + n * (CHUNK + 16) :][: CHUNK + 16] for n in range(3))
    assert octets == octets[:start] + first + second + last
    for other in (second + first + last, first + last, first + second + last + last, first + second):
        with pytest.raises(NotOpened):
            opened(octets[:start] + other)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        MAGIC,
        MAGIC + b"-> X25519 abc\nabc\n--- abc\n" + b"x" * 50,
        MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n" + b"x" * 50,
        MAGIC + b"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n" + b"\xff" * 43 + b"\n--- " + b"A" * 43 + b"\n" + b"x" * 50,
        b"email,edition\n",
    ],
)
def test_what_is_no_such_file_is_refused_at_once(octets: bytes) -> None:
    with pytest.raises(NotOpened):
        opened(octets)


def test_a_long_file_streams_through_little_memory() -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b"anna@example.org,en\n" * 2000  # 8 MB in all

    class Sink(io.BytesIO):
        def write(self, octets: object, /) -> int:
            return 0

    tracemalloc.start()
    encrypt(Sink(), parts(), WORDS, work=CHEAP)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    out = io.BytesIO()
    encrypt(out, parts(), WORDS, work=CHEAP)
    out.seek(0)
    tracemalloc.start()
    assert sum(len(line) for line in decrypt(out, WORDS)) == 8_000_000
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
