"""DKIM: whatever is written, an independent verifier takes the signature, and no longer takes it once it is changed."""

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.digest import Variant
from newsletter.letters import LEAVE_SLOT, Addressee, CompiledLetter, Letter, compile_letter, write, write_notice
from newsletter.letters.dkim import SignedLetter, Signer, relaxed_body, relaxed_headers
from newsletter.letters.dkimkeys import dns_name, dns_value
from newsletter.letters.headers import mailbox_header, ready_header, text_header
from newsletter.publication import Edition
from tests.letters import sample

DOMAIN, SELECTOR = "week.example.org", "news1"
KEY = generate_private_key(65537, 2048)
EDITIONS = sample.publication().editions
ALWAYS = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
)
CONTENTS = (
    st.text("ab .\t\n=", max_size=60) | st.text("ўё \n", max_size=40) | st.sampled_from(["", " ", "\n\n", "a \n \n"])
)
HOLES = st.sampled_from(["", LEAVE_SLOT, f"  {LEAVE_SLOT}  \n", f"\n{LEAVE_SLOT}\n\n"])
TEXTS = st.builds("{}{}{}".format, CONTENTS, HOLES, CONTENTS)
SUBJECTS = st.text("Week 41: «Тыдзень»  ", min_size=1, max_size=120).filter(str.strip)


def signed(compiled: CompiledLetter, key: RSAPrivateKey = KEY) -> SignedLetter:
    return SignedLetter(compiled, Signer(DOMAIN, SELECTOR, key))


def verifies(message: bytes) -> bool:
    """Say whether dkimpy takes the signature, given our record in the DNS."""
    zone = {f"{dns_name(DOMAIN, SELECTOR)}.".encode(): dns_value(KEY).encode()}
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout: zone.get(name)))


def compiled_sample(edition: Edition = EDITIONS[0], variant: Variant = Variant.FULL) -> CompiledLetter:
    return compile_letter(write(sample.digest(), sample.publication(), edition, edition.languages, variant))


@pytest.fixture(scope="module")
def message() -> bytes:
    """A signed letter of the sample, as one reader gets it."""
    whole = b"".join(signed(compiled_sample()).address(sample.addressee()))
    assert verifies(whole)
    return whole


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.code)
def test_every_letter_of_the_sample_verifies_and_is_the_unsigned_one_behind_one_header(
    edition: Edition, variant: Variant
) -> None:
    for order in edition.orders:
        compiled = compile_letter(write(sample.digest(), sample.publication(), edition, order, variant))
        header, *rest = signed(compiled).address(sample.addressee())
        plain = compiled.address(sample.addressee())
        assert tuple(rest) == plain
        assert all(one is other for one, other, shared in zip(rest, plain, compiled.shared, strict=True) if shared)
        assert verifies(header + b"".join(rest))
        assert (b"base64" in b"".join(rest)) == (edition.code == "be-ru")
        assert header.isascii()
        assert re.fullmatch(rb"DKIM-Signature: [^\r\n]+\r\n( [^\r\n]+\r\n)+", header)
        assert max(map(len, header.split(b"\r\n"))) <= 78
        tags = dict(tag.strip().split("=", 1) for tag in header.decode().partition(":")[2].split(";"))
        assert [tags[name] for name in ("v", "a", "c", "d", "s")] == [
            "1",
            "rsa-sha256",
            "relaxed/relaxed",
            DOMAIN,
            "news1",
        ]
        assert not {"l", "x"} & tags.keys()
        names = "".join(tags["h"].split()).split(":")
        assert set(ALWAYS) <= set(names)
        head = b"".join(rest).partition(b"\r\n\r\n")[0].decode()
        present = re.findall(r"^([^\s:]+):", head, re.MULTILINE)
        assert set(present) <= set(names), "every header is signed"
        for name in ("From", "Reply-To", "Subject", "List-Unsubscribe"):
            assert names.count(name) == present.count(name) + 1


@settings(max_examples=120, deadline=None)
@given(SUBJECTS, TEXTS, st.none() | TEXTS, st.booleans())
def test_whatever_is_written_the_signature_verifies(subject: str, text: str, html: str | None, listed: bool) -> None:
    headers = mailbox_header("From", "Тыдзень", f"digest@{DOMAIN}") + text_header("Subject", subject.strip())
    headers += ready_header("MIME-Version", "1.0")
    leave = f"https://{DOMAIN}/be/leave" if listed else None
    letter = Letter("en", ("en",), "full", subject, f"digest@{DOMAIN}", headers, leave, text, html)
    assert verifies(b"".join(signed(compile_letter(letter)).address(sample.addressee())))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab \t\n", max_size=20), min_size=1, max_size=4))
def test_a_body_in_pieces_is_canonical_as_the_whole_is(texts: list[str]) -> None:
    pieces = [text.replace("\n", "\r\n").encode() for text in texts]
    pieces[-1] += b"\r\n"
    between = [piece for text in pieces for piece in (text, None)][:-1]
    ours = b"".join(b"HOLE" if piece is None else piece for piece in relaxed_body(between))
    assert ours == Relaxed.canonicalize_body(b"HOLE".join(pieces))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("aB:= \t\n", max_size=30), max_size=5))
def test_headers_are_canonical_as_another_has_them(values: list[str]) -> None:
    folded = [re.sub(r"\n+", "\r\n ", value).encode() for value in values]
    block = b"".join(b"X-%d: %b\r\n" % each for each in enumerate(folded))
    theirs = Relaxed.canonicalize_headers(
        [(b"X-%d" % number, b" %b\r\n" % value) for number, value in enumerate(folded)]
    )
    assert [field for _, field in relaxed_headers(block)] == [b"%b:%b" % (name, value) for name, value in theirs]


def test_what_servers_do_on_the_way_does_not_break_it(message: bytes) -> None:
    assert verifies(b"Received: from a by b; Mon, 14 Oct 2019 05:00:01 +0000\r\nX-Spam: no\r\n" + message)
    assert verifies(message.replace(b"\r\nTo: ", b"\r\nTO:\r\n\t "))
    assert verifies(message + b"\r\n \r\n")


@pytest.mark.parametrize("name", [*ALWAYS, "Reply-To", "Feedback-ID", "List-Help", "List-Archive"])
def test_no_header_can_be_changed_or_taken_away(message: bytes, name: str) -> None:
    (line,) = re.findall(rb"\r\n(%b: [^\r\n]+)" % name.encode(), message.partition(b"\r\n\r\n")[0])
    value = bytearray(line)
    value[-1] ^= 1
    assert not verifies(message.replace(line, bytes(value), 1))
    (field,) = re.findall(rb"\r\n%b:[^\r\n]+(?:\r\n[ \t][^\r\n]+)*" % name.encode(), message.partition(b"\r\n\r\n")[0])
    assert not verifies(message.replace(field, b"", 1))


@pytest.mark.parametrize(
    "line",
    [
        b"From: Somebody <else@example.net>",
        b"Reply-To: else@example.net",
        b"Subject: Something else",
        b"Content-Type: text/html",
        b"List-Unsubscribe: <https://evil.example/leave>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)
def test_no_header_can_be_added_to_those_that_are_shown_or_acted_on(message: bytes, line: bytes) -> None:
    assert not verifies(line + b"\r\n" + message)
    head, _, body = message.partition(b"\r\n\r\n")
    assert not verifies(head + b"\r\n" + line + b"\r\n\r\n" + body)


def test_a_letter_without_reply_to_cannot_be_given_one() -> None:
    whole = b"".join(signed(compiled_sample(variant=Variant.DISCREET)).address(sample.addressee()))
    assert b"\r\nReply-To" not in whole
    assert verifies(whole)
    assert not verifies(b"Reply-To: else@example.net\r\n" + whole)


def test_no_octet_of_the_body_can_be_changed_and_none_added(message: bytes) -> None:
    start = message.index(b"\r\n\r\n") + 4
    visible = [place for place in range(start, len(message)) if message[place] > 32]
    for place in (*visible[:: len(visible) // 60], visible[-1]):
        assert not verifies(message[:place] + bytes([message[place] ^ 1]) + message[place + 1 :]), place
    assert not verifies(message + b"More.\r\n")


def test_a_retry_has_the_same_octets_and_each_reader_a_signature_of_their_own() -> None:
    letter, again = signed(compiled_sample()), signed(compiled_sample())
    readers = [sample.addressee(f"r{number}@example.org", message_id=f"m{number}") for number in range(64)]
    alone = [letter.address(reader) for reader in readers]
    assert len({segments[0] for segments in alone}) == 64
    assert [again.address(reader) for reader in readers] == alone
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(again.address, readers)) == alone
    assert all(a[2] is b[2] for a, b in pairwise(alone)), "what readers share is not copied"
    assert verifies(b"".join(alone[-1]))


def test_a_notice_is_signed_too() -> None:
    letter = write_notice(sample.publication(), "late", {"week": "2019-W41", "text": "x"})
    reader = sample.addressee("operator@example.org", leave="", preferences="")
    assert verifies(b"".join(signed(compile_letter(letter)).address(reader)))


def test_another_key_does_not_verify() -> None:
    other = signed(compiled_sample(), generate_private_key(65537, 2048))
    assert not verifies(b"".join(other.address(sample.addressee())))


def test_an_addressee_that_would_break_the_message_is_refused_without_naming_the_address() -> None:
    reader: Addressee = sample.addressee("a@example.org\r\nBcc: b@example.org")
    with pytest.raises(ValueError, match="ASCII") as refused:
        signed(compiled_sample()).address(reader)
    assert "example.org" not in str(refused.value)
