"""Notes that answer a mail: from nobody, tied to what they answer, and telling nobody who had asked."""

import email
import email.policy
from collections.abc import Callable, Collection
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from newsletter import addresses, publishing, tokens
from newsletter.delivering import note_writing
from newsletter.letters import Letter, write_latest
from newsletter.letters.dkimkeys import create_signing_key, dns_name, dns_value
from newsletter.messageids import quotable
from newsletter.notes import NoteKind
from newsletter.outcomes import Reason, State
from newsletter.store.digests import digest_of
from newsletter.store.notes import owe_note
from newsletter.store.notices import add_notice
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.notes import ANNA, deliver, rows

ASKED = "<anna.private.word@mail.example>"
FACTS = {"edition": "be-ru", "languages": "be ru", "variant": "full", "asking": "00" * 8, "subscriber": "00" * 8}
LONGEST = f"<{'m' * 240}@x.ex>"


def owe(
    here: Installation,
    kind: NoteKind,
    *,
    to: str = ANNA,
    in_reply_to: str = "",
    answers: bool = False,
    **facts: str,
) -> None:
    with here.database.transaction() as session:
        assert owe_note(
            session,
            here.keyring,
            kind,
            addresses.parse(to),
            facts=FACTS | facts,
            tongue="be",
            now=here.clock(),
            per_day=9,
            in_reply_to=in_reply_to,
            answers=answers,
        )


def got(postbox: Postbox, to: str = ANNA) -> EmailMessage:
    found = email.message_from_bytes(postbox.body(to), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("kind", [kind for kind in NoteKind if kind is not NoteKind.LATEST])
def test_an_answer_is_from_nobody_and_tied_to_what_it_answers(
    here: Installation, postbox: Postbox, kind: NoteKind
) -> None:
    owe(here, kind, answers=True, in_reply_to=ASKED)
    assert deliver(here) == 1
    assert postbox.senders == {ANNA: ""}
    found = got(postbox)
    assert (found["In-Reply-To"], found["References"], found["Auto-Submitted"]) == (ASKED, ASKED, "auto-replied")
    assert found["To"] == ANNA
    assert found["From"].addresses[0].addr_spec == here.publication.sender.address


def test_what_was_asked_on_the_web_comes_back_to_its_own_return_path(here: Installation, postbox: Postbox) -> None:
    owe(here, NoteKind.CONFIRM)
    deliver(here)
    local, _, domain = postbox.senders[ANNA].partition("@")
    assert domain == here.publication.sender.address.partition("@")[2]
    assert tokens.read(here.keyring, tokens.Purpose.BOUNCE, local.removeprefix("bounce+")) == rows(here)[0].ref
    found = got(postbox)
    assert found["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in found
    assert "References" not in found


def test_a_discreet_note_comes_back_to_the_neutral_domain(here: Installation, postbox: Postbox) -> None:
    owe(here, NoteKind.CONFIRM, variant="discreet")
    deliver(here)
    neutral = here.publication.discreet.address
    assert neutral is not None
    assert postbox.senders[ANNA].partition("@")[2] == neutral.partition("@")[2]


def test_a_word_to_the_operator_has_the_sender_as_ever(here: Installation, postbox: Postbox) -> None:
    with here.database.transaction() as session:
        add_notice(session, "late", now=here.clock(), text="due")
    assert deliver(here) == 1
    assert postbox.senders == {here.publication.operator_email: here.publication.sender.address}


def test_what_was_written_to_us_stands_nowhere_in_the_open_and_nowhere_once_it_is_answered(
    here: Installation, postbox: Postbox
) -> None:
    owe(here, NoteKind.HELP, answers=True, in_reply_to=ASKED)
    (owed,) = rows(here)
    assert owed.facts == FACTS | {"answers": "yes"}
    with here.database.reading() as session:
        stored = repr(session.execute(text("SELECT * FROM notes")).all())
    assert "private" not in stored
    assert owed.sealed_to is not None
    assert here.keyring.open(owed.sealed_to, bound_to=owed.ref) == f"{ANNA}\n{ASKED}"
    deliver(here)
    assert [note.sealed_to for note in rows(here)] == [None]


@pytest.mark.parametrize(
    "odd",
    [
        *("", "anna@mail.example", "<>", "<a b@mail.example>", "<a@b> <c@d>", "<a@mail.example>\r\nBcc: <x@y.example>"),
        *("<a@mail.example>\n", "<імя@mail.example>", "<a\0@mail.example>", f"<{'m' * 250}@x.ex>", "<a@b>\nb@c"),
    ],
)
def test_a_message_id_that_no_header_can_hold_is_left_out(here: Installation, postbox: Postbox, odd: str) -> None:
    owe(here, NoteKind.HELP, answers=True, in_reply_to=odd)
    assert deliver(here) == 1
    found = got(postbox)
    assert found["Auto-Submitted"] == "auto-replied"
    assert "In-Reply-To" not in found
    assert "References" not in found
    assert "Bcc" not in found


@given(st.text() | st.text("<>@ab \r\n", max_size=20).map("<{}>".format))
def test_what_is_quoted_is_one_token_on_one_line(odd: str) -> None:
    kept = quotable(odd)
    assert kept in ("", odd)
    assert kept.isascii()
    assert len(kept) <= 250
    assert not kept or (kept.isprintable() and " " not in kept and kept.count("<") == kept.count(">") == 1)


def test_a_long_message_id_is_not_folded(here: Installation, postbox: Postbox) -> None:
    owe(here, NoteKind.HELP, answers=True, in_reply_to=LONGEST)
    deliver(here)
    for name in ("In-Reply-To", "References"):
        assert f"\r\n{name}: {LONGEST}\r\n".encode() in postbox.body(ANNA)


def test_a_second_try_answers_the_same_mail_from_nobody(here: Installation, postbox: Postbox) -> None:
    postbox.answers[ANNA] = "451 4.7.1 later"
    owe(here, NoteKind.WELCOME, answers=True, in_reply_to=ASKED)
    assert deliver(here) == 0
    del postbox.answers[ANNA]
    here.clock.forward(minutes=2)
    assert deliver(here) == 1
    assert postbox.senders == {ANNA: ""}
    assert got(postbox)["In-Reply-To"] == ASKED


def test_an_answer_is_signed_with_what_it_answers_and_where_a_reply_goes(
    install: Callable[..., Installation], postbox: Postbox, tmp_path: Path
) -> None:
    key = create_signing_key(tmp_path / "news1.pem")
    domain = install().publication.sender.address.partition("@")[2]
    here = install(smtp_url=postbox.url, dkim=f"{domain}:news1:{tmp_path / 'news1.pem'}")
    here.publication = here.publication.model_copy(update={"mail_in": True})
    zone = {f"{dns_name(domain, 'news1')}.".encode(): dns_value(key).encode()}

    def verifies(message: bytes) -> bool:
        return bool(dkim.verify(message, dnsfunc=lambda name, timeout: zone.get(name)))

    owe(here, NoteKind.CONFIRM, answers=True, in_reply_to=LONGEST)
    assert deliver(here) == 1
    message = postbox.body(ANNA)
    assert b"\r\nReply-To: confirm+" in message
    assert verifies(message)
    for name in (b"In-Reply-To", b"References", b"Reply-To", b"Auto-Submitted"):
        assert not verifies(message.replace(b"\r\n%b: " % name, b"\r\n%b: x" % name))
    assert not verifies(b"Reply-To: elsewhere@example.com\r\n" + message)


class TestLatest:
    """The newest digest, as a note."""

    def digest(self, here: Installation) -> str:
        here.load_seeds()
        here.add_readers(1)
        here.plan()
        with here.database.reading() as session:
            row = digest_of(session, WEEK)
        assert row is not None
        return str(row.id)

    def ask(self, here: Installation, digest: str, to: Collection[str] = (ANNA,), **facts: str) -> None:
        for one in to:
            owe(here, NoteKind.LATEST, to=one, digest=digest, answers=True, in_reply_to=f"<{one}>", **facts)

    def test_it_comes_with_the_digest_and_without_a_subscription(self, here: Installation, postbox: Postbox) -> None:
        self.ask(here, self.digest(here))
        assert deliver(here) == 1
        assert postbox.senders == {ANNA: ""}
        found = got(postbox)
        assert found["In-Reply-To"] == f"<{ANNA}>"
        assert found["Subject"].startswith(here.publication.name["be"])
        part = found.get_body(("plain",))
        assert part is not None
        words = part.get_content()
        assert "СІТУАЦЫЯ ЗА ТЫДЗЕНЬ" in words
        assert "subscribe-be@week.example.org" in words
        assert "List-Unsubscribe" not in found
        assert ANNA not in words

    def test_it_is_what_was_frozen_whatever_the_archive_says_now(self, here: Installation, postbox: Postbox) -> None:
        digest = self.digest(here)
        with here.database.transaction() as session:
            session.execute(text("UPDATE translations SET headline = 'Corrected since'"))
        self.ask(here, digest)
        deliver(here)
        body = got(postbox).get_body(("plain",))
        assert body is not None
        assert "Corrected since" not in body.get_content()

    def test_it_is_written_once_for_all_who_ask(
        self, here: Installation, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = []

        def counted(*given: Any) -> Letter:
            written.append(given)
            return write_latest(*given)

        monkeypatch.setattr(note_writing, "write_latest", counted)
        digest = self.digest(here)
        askers = [f"asker-{number}@example.org" for number in range(12)]
        self.ask(here, digest, askers[:6])
        self.ask(here, digest, askers[6:], variant="discreet")
        assert deliver(here) == 12
        assert len(written) == 2
        for asker in askers:
            found = got(postbox, asker)
            assert (found["To"], found["In-Reply-To"]) == (asker, f"<{asker}>")
            assert found.is_multipart() == (asker in askers[:6])

    def test_what_has_been_cancelled_is_not_sent_and_holds_nobody_up(
        self, here: Installation, postbox: Postbox
    ) -> None:
        digest = self.digest(here)
        self.ask(here, digest)
        owe(here, NoteKind.HELP, to="other@example.org", answers=True)
        with here.database.transaction() as session:
            publishing.cancel(session, WEEK, now=here.clock(), who="test")
        assert deliver(here) == 1
        latest, other = rows(here)
        assert (latest.state, latest.reason, latest.sealed_to) == (State.SKIPPED, Reason.CANCELLED, None)
        assert other.state is State.SENT
        assert ANNA not in postbox.senders

    @pytest.mark.parametrize("odd", [{"edition": "gone"}, {"languages": "en be"}, {"edition": "", "languages": ""}])
    def test_an_edition_or_order_that_is_gone_still_gets_a_digest(
        self, here: Installation, postbox: Postbox, odd: dict[str, str]
    ) -> None:
        self.ask(here, self.digest(here), **odd)
        assert deliver(here) == 1
        assert got(postbox)["Subject"]
