"""Everything that we send ourselves, sent back to every address of ours, is followed by nothing."""

import re
from functools import cache

import pytest

from newsletter import messageids, tokens
from newsletter.inbound import Ignored, Unclear, read
from newsletter.inbound.places import Command
from newsletter.letters import compile_letter, reply_headers
from newsletter.tokens import Purpose
from tests.letters import sample
from tests.letters.golden import letters, seeds
from tests.rooms.writing import NOTE, READER, RING, TOKEN, brought

PUBLICATION = seeds()[0].model_copy(update={"mail_in": True})
FULL, NEUTRAL = "week.example.org", "letter.example.net"
BOUNCE = tokens.make(RING, Purpose.BOUNCE, READER)
WORDS = (Command.SUBSCRIBE, Command.LATEST, Command.UNSUBSCRIBE, Command.HELP)
COMMANDS = [
    *(f"{word}@{domain}" for word in WORDS for domain in (FULL, NEUTRAL)),
    *(f"{word}-{code}@{FULL}" for word in WORDS[:2] for code in ("be", "ru", "en")),
    *(f"confirm+{TOKEN}@{domain}" for domain in (FULL, NEUTRAL)),
]
RETURN_PATHS = ("", f"digest@{FULL}", f"bounce+{BOUNCE}@{FULL}", f"post@{NEUTRAL}", "anna@example.com")
MARKS = re.compile(
    rb"^(?:auto-submitted|precedence|list-[a-z-]+|x-[a-z-]+|feedback-id):.*\r\n(?:[ \t].*\r\n)*", re.I | re.M
)


@cache
def sent() -> dict[str, bytes]:
    """Return every mail of ours as it goes out, notes as answers to somebody's mail, by name."""
    found = {}
    for name, letter in letters():
        is_note = letter.leave_url is None
        ident = messageids.message_id(RING, messageids.NOTE if is_note else 7, NOTE if is_note else READER)
        message = b"".join(compile_letter(letter).address(sample.addressee(message_id=ident)))
        answers = reply_headers(f"<{messageids.message_id(RING, messageids.NOTE, NOTE)}@{FULL}>") if is_note else ""
        found[name] = answers.encode() + message
    return found


def test_there_is_something_of_every_kind() -> None:
    kinds = {name.partition("-")[0] for name in sent()}
    assert {"en", "be", "latest", "notice", "note"} <= kinds
    assert len(sent()) > 60
    assert sum(MARKS.search(content) is not None for content in sent().values()) == len(sent())


@pytest.mark.parametrize("recipient", COMMANDS)
def test_our_own_mail_asks_for_nothing(recipient: str) -> None:
    for content in sent().values():
        for sender in RETURN_PATHS:
            assert isinstance(read(brought(recipient, content, sender), PUBLICATION, RING), Ignored)


@pytest.mark.parametrize("recipient", COMMANDS)
def test_not_even_when_a_server_has_taken_its_marks_away(recipient: str) -> None:
    for content in sent().values():
        bare = MARKS.sub(b"", content)
        assert b"auto-submitted" not in bare.lower()
        assert read(brought(recipient, bare), PUBLICATION, RING) == Ignored("our own address")


@pytest.mark.parametrize("recipient", COMMANDS)
def test_nor_when_a_reader_s_program_passes_it_on_in_the_reader_s_name(recipient: str) -> None:
    for content in sent().values():
        redirected = re.sub(
            rb"^From:.*\r\n(?:[ \t].*\r\n)*", b"From: anna@example.com\r\n", content, count=1, flags=re.M
        )
        assert b"From: anna@example.com" in redirected
        assert isinstance(read(brought(recipient, redirected), PUBLICATION, RING), Ignored)


@pytest.mark.parametrize("recipient", [f"complaints@{FULL}", f"complaints@{NEUTRAL}", f"bounce+{BOUNCE}@{FULL}"])
def test_nor_is_it_bad_news(recipient: str) -> None:
    for name, content in sent().items():
        for sender in ("", "anna@example.com"):
            found = read(brought(recipient, content, sender), PUBLICATION, RING)
            assert isinstance(found, (Ignored, Unclear)), name
