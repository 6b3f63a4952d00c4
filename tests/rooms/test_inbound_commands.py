"""What a person asks for, and that no machine asks for anything: no answer ever answers an answer."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import messageids, tokens
from newsletter.digest import Variant
from newsletter.inbound import Confirm, Help, Ignored, Join, Latest, Received, WayOut, read
from newsletter.inbound.mail import Asker
from newsletter.letters import Letter
from newsletter.tokens import Purpose
from tests.letters.golden import seeds
from tests.letters.notes import notes
from tests.letters.sample import BE, EN, RU
from tests.rooms.writing import (
    COMMANDS,
    CONFIRM,
    FULL,
    LETTER_ID,
    NEUTRAL,
    NOTE,
    NOTE_ID,
    PUBLICATION,
    READER,
    RING,
    TOKEN,
    brought,
    found,
    reply,
    written,
)
from tests.unit.rings import ring


@pytest.mark.parametrize(
    ("word", "asks"), [("subscribe", Join), ("latest", Latest), ("unsubscribe", WayOut), ("help", Help)]
)
@pytest.mark.parametrize(("domain", "variant"), [(FULL, Variant.FULL), (NEUTRAL, Variant.DISCREET)])
def test_an_empty_mail_is_enough(word: str, asks: Callable[[Asker], Received], domain: str, variant: Variant) -> None:
    asked = found(f"{word}@{domain}", written())
    assert asked == asks(asked.asker)  # type: ignore[union-attr]
    asker = asked.asker  # type: ignore[union-attr]
    assert str(asker.address) == "anna@example.com"
    assert (asker.tongue, asker.variant, asker.message_id) == (BE, variant, "<a1@example.com>")


@pytest.mark.parametrize(("code", "tongue"), [("be", BE), ("ru", RU), ("en", EN)])
def test_the_address_asks_for_a_language(code: str, tongue: object) -> None:
    for word in ("subscribe", "latest"):
        asked = found(f"{word}-{code}@{FULL}", written("Hello", content_language="pl"))
        assert asked.asker.tongue == tongue  # type: ignore[union-attr]


def test_an_answer_never_goes_where_reply_to_says() -> None:
    asked = found(f"help@{FULL}", written(reply_to="victim@example.net", sender="friend@example.net"))
    assert str(asked.asker.address) == "anna@example.com"  # type: ignore[union-attr]


def test_who_has_no_fit_message_id_is_answered_without() -> None:
    for ident in ("", "a1", "<a1@example.com> <a2@example.com>", "<" + "a" * 300 + "@example.com>"):
        asked = found(f"help@{FULL}", b"Message-ID: %s\n" % ident.encode() + written(message_id=""))
        assert asked.asker.message_id == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "from nobody"),
        ("anna@example.com, boris@example.com", "From is not one address"),
        ("anna", "From is not an address that can be written to"),
    ],
)
def test_who_cannot_be_answered_is_left_alone(name: str, why: str) -> None:
    content = (f"From: {name}\n" if name else "").encode() + written(**{"from": ""})
    assert found(f"subscribe@{FULL}", content) == Ignored(why)


@pytest.mark.parametrize(
    ("in_reply_to", "references"),
    [
        (NOTE_ID, ""),
        ("", NOTE_ID),
        ("<x@example.com>", f"<x@example.com> {NOTE_ID}"),
        (NOTE_ID.upper(), ""),
        ("", f"{LETTER_ID}\n {NOTE_ID}\n <x@example.com>"),
        (f"(your mail of Monday) {NOTE_ID}", "\0"),
    ],
)
def test_a_reply_to_our_note_confirms(in_reply_to: str, references: str) -> None:
    content = f"In-Reply-To: {in_reply_to}\nReferences: {references}\n".encode() + written("Так")
    confirmed = found(CONFIRM, content)
    assert isinstance(confirmed, Confirm)
    assert (confirmed.token, confirmed.note) == (TOKEN, NOTE)
    assert str(confirmed.asker.address) == "anna@example.com"


def test_of_several_notes_the_one_replied_to_counts_and_else_the_last() -> None:
    older = f"<{messageids.message_id(RING, messageids.NOTE, b'older 00')}@{FULL}>"
    thread = found(CONFIRM, reply(in_reply_to="", references=f"{older} {NOTE_ID}"))
    direct = found(CONFIRM, reply(in_reply_to=NOTE_ID, references=f"{NOTE_ID} {older}"))
    assert [each.note for each in (thread, direct)] == [NOTE, NOTE]  # type: ignore[union-attr]


def test_a_note_of_an_older_key_is_still_ours() -> None:
    confirmed = read(brought(CONFIRM, reply()), PUBLICATION, ring(7, 8))
    assert isinstance(confirmed, Confirm)
    assert confirmed.note == NOTE


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "<x@example.com>",
        LETTER_ID,  # a letter of ours, but no note
        f"<{messageids.message_id(RING, messageids.TEST, NOTE)}@{FULL}>",
        f"<{messageids.message_id(ring(9), messageids.NOTE, NOTE)}@{FULL}>",
        NOTE_ID.strip("<>"),
        NOTE_ID.replace("<", "<0"),
        f"<{NOTE.hex()}@{FULL}>",
    ],
)
def test_what_replies_to_nothing_of_ours_confirms_nothing(parent: str) -> None:
    assert found(CONFIRM, reply(in_reply_to=parent, references=parent)) == Ignored("not a reply to our note")


MARKS = [
    {"auto_submitted": "auto-replied"},
    {"auto_submitted": "auto-replied (vacation)"},
    {"auto_submitted": "auto-generated; owner-email=x"},
    {"precedence": "bulk"},
    {"precedence": "Auto_Reply"},
    {"precedence": "junk"},
    {"x_autoreply": "yes"},
    {"x_autorespond": "I am away"},
    {"x_auto_response_suppress": "All"},
    {"x_loop": "anna@example.com"},
    {"subject": "Automatic reply: Please confirm"},
    {"subject": "Out of Office: Please confirm"},
    {"subject": "Автоответ: Пожалуйста, подтвердите"},
    {"subject": "Автоматический ответ: Пожалуйста, подтвердите"},
    {"subject": "Аўтаадказ: Пацвердзіце"},
    {"subject": "Automatische Antwort: Please confirm"},
    {"subject": "Autoodpowiedź: Please confirm"},
    {"subject": "Réponse automatique : Please confirm"},
    {"subject": "Прочитано: Пожалуйста, подтвердите"},
    {"from": "MAILER-DAEMON@example.com"},
    {"from": "Postmaster <postmaster@example.com>"},
    {"from": "no-reply@example.com"},
    {"from": f"digest@{FULL}"},
    {"from": f"subscribe@{NEUTRAL}"},
]


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: " ".join(map(str, mark.items())))
@pytest.mark.parametrize("recipient", COMMANDS)
def test_a_machine_by_any_of_its_marks_asks_for_nothing(recipient: str, mark: dict[str, str]) -> None:
    assert isinstance(found(recipient, reply(**mark)), Ignored)


@pytest.mark.parametrize("recipient", COMMANDS)
@pytest.mark.parametrize("sender", ["", "<>", "mailer-daemon@example.com", f"digest@{FULL}", f"bounce+x@{NEUTRAL}"])
def test_neither_does_one_whose_return_path_says_so(recipient: str, sender: str) -> None:
    assert isinstance(found(recipient, reply(), sender), Ignored)


@pytest.mark.parametrize(
    "words",
    [
        "I am out of the office until Monday and will answer then.",
        "Thank you for contacting us! We have received your request.",
        "Здравствуйте! Я в отпуске до 21 октября.",
        "Добры дзень! Я ў адпачынку да панядзелка.",
        "Ich bin im Urlaub und nicht im Büro.",
        "Please click here to have your message delivered.",
    ],
)
def test_an_auto_responder_without_any_mark_confirms_nothing(words: str) -> None:
    assert found(CONFIRM, reply(words)) == Ignored("an automatic reply")
    assert found(CONFIRM, reply(f"<p>{words}</p>", content_type='text/html; charset="utf-8"')) == Ignored(
        "an automatic reply"
    )


@pytest.mark.parametrize("recipient", COMMANDS)
@pytest.mark.parametrize("name", ["list_id", "list_unsubscribe", "list_post", "mailing_list", "feedback_id"])
def test_what_comes_by_a_mailing_list_asks_for_nothing(recipient: str, name: str) -> None:
    assert isinstance(found(recipient, reply(**{name: "<readers.example.net>"})), Ignored)
    assert isinstance(found(recipient, reply(precedence="list"), "readers-bounces@example.net"), Ignored)


def test_a_person_s_mail_is_none_of_that() -> None:
    for words in ("Так", "", "Да, подтверждаю!", "Yes, please", "Tak, potwierdzam"):
        assert isinstance(found(CONFIRM, reply(words, auto_submitted="no", precedence="normal")), Confirm)
        assert isinstance(found(f"subscribe@{FULL}", written(words, auto_submitted="No")), Join)


QUOTING = [(name, letter) for name, letter in notes(seeds()[0]) if name.startswith("note-confirm")]


@pytest.mark.parametrize(("name", "letter"), QUOTING, ids=[name for name, _ in QUOTING])
@pytest.mark.parametrize("lead", ["", "> ", "| "])
def test_a_reply_confirms_however_much_of_our_note_it_quotes(name: str, letter: Letter, lead: str) -> None:
    quoted = "".join(f"{lead}{line}\n" for line in letter.text.splitlines())
    said = f"On Monday {letter.sender} wrote:\n"
    for words in ("Так\n\n" + said, said, *(["", "Так\n\n"] if lead else [])):
        answer = reply(words + quoted, subject=f"Re: {letter.subject}")
        assert isinstance(read(brought(CONFIRM, answer), seeds()[0], RING), Confirm)


NAMES = ["From", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Content-Language", "Content-Type"]
VALUES = st.sampled_from(
    [
        *("anna@example.com", "<anna@example.com>", NOTE_ID, LETTER_ID, "be", "text/html", "multipart/mixed", "<>"),
        *("=?utf-8?b?0Y?=", "=?x?q?=00?=", '"', "(", "\\", "\0", "\udcff", ",", ";", "\t\r", "a" * 998),
    ]
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.lists(VALUES | st.text(max_size=9), max_size=4)), max_size=9)


@given(st.sampled_from(COMMANDS), HEADERS, st.binary(max_size=200), st.sampled_from(["", "x", "anna@example.com"]))
def test_odd_headers_ask_for_what_the_address_says_or_nothing(
    recipient: str, headers: list[tuple[str, list[str]]], body: bytes, sender: str
) -> None:
    head = "".join(f"{name}: {' '.join(values)}\n" for name, values in headers)
    asked = found(recipient, head.encode("utf-8", "surrogatepass") + b"\n" + body, sender)
    if isinstance(asked, Ignored):
        assert "@" not in asked.why
        return
    assert sender
    assert type(asked).__name__ in ("Join", "Latest", "WayOut", "Help", "Confirm", "Objection")
    asker = asked.asker  # type: ignore[union-attr]
    assert asker.tongue in PUBLICATION.languages
    assert str(asker.address).isprintable()
    assert asker.message_id.isprintable()
    if isinstance(asked, Confirm):
        assert (recipient, asked.token, asked.note) == (CONFIRM, TOKEN, NOTE)


@given(st.binary(min_size=8, max_size=8), st.integers(0, 0xFFFFFFFF))
def test_a_forged_note_confirms_nothing(ref: bytes, digest_id: int) -> None:
    ident = f"<{messageids.message_id(ring(9), digest_id, ref)}@{FULL}>"
    assert isinstance(found(CONFIRM, reply(in_reply_to=ident, references=ident)), Ignored)
    other = tokens.make(ring(9), Purpose.CONFIRM, READER)
    assert not isinstance(found(f"confirm+{other}@{FULL}", reply()), Confirm)
