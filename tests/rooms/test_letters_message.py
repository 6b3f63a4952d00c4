"""The bytes one reader gets: equal to what the standard library makes slowly, and fit for the transport."""

import email
import email.policy
import quopri
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.digest import Commentary, Digest, Outlook, Translation, Variant
from newsletter.languages import Language
from newsletter.letters import LEAVE_SLOT, PREFERENCES_SLOT, Addressee, Letter, UnfitLetter, compile_letter, write
from newsletter.letters.compile import boundary
from newsletter.letters.headers import mailbox_header, ready_header, text_header
from newsletter.letters.transfer import canonical, quoted_printable
from newsletter.publication import Edition
from newsletter.tokens import LENGTH
from tests.letters import sample, slowly

TOKENS = st.text("0123456789abcdef", min_size=LENGTH, max_size=LENGTH)
READERS = st.builds(
    Addressee,
    to=st.from_regex(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,60}\.example\.org", fullmatch=True),
    leave=TOKENS,
    preferences=TOKENS,
    message_id=st.from_regex(r"[a-z2-7]{20,40}", fullmatch=True),
    date=st.datetimes(min_value=datetime(2019, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
# Letters of our alphabets, what quoted-printable and base64 stumble over, and anything else.
SCRAPS = st.one_of(
    st.text("abc .=-_\n\r\t><&«»—’", max_size=90),
    st.text("беларускаяўіёрусский .\n", max_size=90),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.sampled_from([".", "\n.\n", "...\n", " \n", "From here\n", "=\n", "x" * 80, "ў" * 40, "." * 100, "\n.com" * 20]),
)
SPOTS = st.sampled_from([f"https://x.example/leave/{LEAVE_SLOT}", f"(){PREFERENCES_SLOT}()", f"\n{LEAVE_SLOT}\n "])
TEXTS = st.lists(st.one_of(SCRAPS, SCRAPS, SPOTS), max_size=12).map("".join)
LINES = st.one_of(
    st.text("Тыдзень у Беларусі: 7–13 кастрычніка, ўёіщ", min_size=1, max_size=120),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120),
    st.sampled_from(["x <evil@example.com>, y", "=?utf-8?q?x?=", 'a "b" \\c', "(comment", "a" * 200, "Letter 41"]),
).filter(lambda text: text == text.strip() and text)


def letters() -> st.SearchStrategy[Letter]:
    """Any letter, its headers as the room makes them."""

    def make(subject: str, name: str, text: str, html: str | None, listed: bool) -> Letter:
        sender = "digest@week.example.org"
        headers = mailbox_header("From", name, sender) + text_header("Subject", subject)
        headers += ready_header("MIME-Version", "1.0")
        leave = "https://week.example.org/be/leave" if listed else None
        return Letter("be-ru", ("be", "ru"), "full", subject, sender, headers, leave, text, html)

    return st.builds(make, LINES, LINES, TEXTS, st.none() | TEXTS, st.booleans())


def parsed(message: bytes) -> EmailMessage:
    """Return the message as a modern reader of mail sees it."""
    found = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


@settings(max_examples=250, deadline=None)
@given(letters(), READERS)
def test_any_letter_to_anybody_equals_the_standard_library_octet_by_octet(letter: Letter, reader: Addressee) -> None:
    message = b"".join(compile_letter(letter).address(reader))
    assert message == slowly.build(letter, reader, boundary(letter))


@settings(max_examples=150, deadline=None)
@given(letters(), READERS)
def test_any_letter_keeps_the_promises_to_the_transport_and_reads_back(letter: Letter, reader: Addressee) -> None:
    message = b"".join(compile_letter(letter).address(reader))
    assert message.isascii()
    assert message.endswith(b"\r\n")
    lines = message.split(b"\r\n")
    assert not any(line.startswith(b".") or len(line) > 998 or b"\n" in line or b"\r" in line for line in lines)
    encoded = message.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, encoded)) <= 76

    found = email.message_from_bytes(message)
    leaves = [item for item in found.walk() if not item.is_multipart()]
    wanted = slowly.contents(letter, reader)
    assert [item.get_content_type() for item in leaves] == [f"text/{kind}" for kind, _ in wanted]
    for leaf, (_, text) in zip(leaves, wanted, strict=True):
        assert leaf.get_payload(decode=True) == slowly.as_sent(text)
    seen = parsed(message)
    assert str(seen["Subject"]) == letter.subject
    assert [str(one.addr_spec) for one in seen["From"].addresses] == [letter.sender]
    assert [address for _, address in getaddresses(found.get_all("To", []))] == [reader.to]
    assert found["Message-ID"] == f"<{reader.message_id}@week.example.org>"


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize("test", [False, True])
def test_every_edition_order_and_variant_equals_the_standard_library(variant: Variant, test: bool) -> None:
    publication = sample.publication()
    for edition in publication.editions:
        for order in edition.orders:
            letter = write(sample.digest(), publication, edition, order, variant, test=test)
            reader = sample.addressee()
            message = b"".join(compile_letter(letter).address(reader))
            assert message == slowly.build(letter, reader, boundary(letter))
            assert letter == write(sample.digest(), publication, edition, order, variant, test=test)
            assert str(parsed(message)["Subject"]) == letter.subject


WORDS = st.one_of(LINES, st.just("x" * 100))
BODIES = st.one_of(SCRAPS, st.lists(SCRAPS, min_size=1, max_size=5).map("\n\n- ".join)).map(lambda text: f"a{text}")
TRANSLATIONS = st.builds(Translation, headline=WORDS, standfirst=WORDS, body=BODIES, author=st.none() | WORDS)
COMMENTARIES = st.builds(
    Commentary,
    slug=st.from_regex("[a-z]{1,20}", fullmatch=True),
    section=st.sampled_from(["security", "west", "dropped", None]),
    position=st.integers(0, 3),
    outlook=st.sampled_from(Outlook),
    translations=st.dictionaries(st.sampled_from(["be", "ru", "en"]), TRANSLATIONS, min_size=1),
)
PUBLICATION = sample.publication()
KINDS = [(edition, order) for edition in PUBLICATION.editions for order in edition.orders]


@settings(max_examples=80, deadline=None)
@given(st.lists(COMMENTARIES, max_size=3), st.sampled_from(KINDS), st.sampled_from(Variant), READERS)
def test_any_content_makes_a_letter_that_equals_the_standard_library(
    commentaries: list[Commentary], kind: tuple[Edition, tuple[Language, ...]], variant: Variant, reader: Addressee
) -> None:
    letter = write(Digest(sample.WEEK, tuple(commentaries)), PUBLICATION, *kind, variant)
    message = b"".join(compile_letter(letter).address(reader))
    assert message == slowly.build(letter, reader, boundary(letter))
    assert message.count(reader.leave.encode()) >= 2
    assert LEAVE_SLOT.encode() not in message
    found = email.message_from_bytes(message)
    for leaf in found.walk():
        if not leaf.is_multipart():
            decoded = leaf.get_payload(decode=True)
            assert isinstance(decoded, bytes)
            assert decoded.count(f"/leave/{reader.leave}".encode()) == 1
            assert decoded.count(f"/preferences/{reader.preferences}".encode()) == 1


def test_two_readers_share_every_segment_that_is_not_their_own() -> None:
    publication = sample.publication()
    edition = publication.edition("be-ru")
    compiled = compile_letter(write(sample.digest(), publication, edition, edition.languages, Variant.FULL))
    one = compiled.address(sample.addressee("anna@example.org"))
    two = compiled.address(sample.addressee("piotr@example.org", leave="x" * LENGTH, preferences="y" * LENGTH))
    own = [a is not b for a, b in zip(one, two, strict=True)]
    assert sum(own) == 5  # headers, and two links in each of two parts
    assert sum(len(piece) for piece, mine in zip(one, own, strict=True) if mine) < 1000


def test_one_click_headers_are_plain_and_name_the_reader_s_token() -> None:
    publication = sample.publication()
    edition = publication.edition("en")
    letter = write(sample.digest(), publication, edition, edition.languages, Variant.FULL)
    head = b"".join(compile_letter(letter).address(sample.addressee())).partition(b"\r\n\r\n")[0].decode()
    unfolded = re.sub("\r\n ", " ", head)
    token = sample.addressee().leave
    assert (
        f"List-Unsubscribe: <https://week.example.org/en/leave/{token}>, <mailto:leave+{token}@week.example.org>"
        in unfolded
    )
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in unfolded
    assert sample.addressee().preferences not in head


@pytest.mark.parametrize(
    "reader",
    [
        sample.addressee("a@example.org\r\nBcc: b@example.org"),
        sample.addressee("ў@example.org"),
        sample.addressee("a@example.org, b@example.org"),
        sample.addressee(leave="short"),
        sample.addressee(preferences="ў" * LENGTH),
        sample.addressee(message_id="a>\r\nX: y"),
    ],
)
def test_an_addressee_that_would_break_the_message_is_refused_without_naming_the_address(reader: Addressee) -> None:
    publication = sample.publication()
    edition = publication.edition("en")
    compiled = compile_letter(write(sample.digest(), publication, edition, edition.languages, Variant.FULL))
    with pytest.raises(ValueError, match=r"ASCII|letters") as refused:
        compiled.address(reader)
    assert "example.org" not in str(refused.value)


def test_a_letter_that_no_server_would_take_is_refused_when_compiled() -> None:
    letter = Letter("en", ("en",), "full", "s", "a@b.example", f"X: {'a' * 999}\r\n", None, "text\n", None)
    with pytest.raises(UnfitLetter, match="line 4"):
        compile_letter(letter)


@pytest.mark.parametrize("blank", [" ", "\t"])
@pytest.mark.parametrize("length", range(70, 80))
def test_a_blank_at_the_end_of_a_line_makes_no_line_too_long(length: int, blank: str) -> None:
    octets = canonical("a" * length + blank)
    lines = quoted_printable(octets).split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert quopri.decodestring(b"\r\n".join(lines)) == octets
