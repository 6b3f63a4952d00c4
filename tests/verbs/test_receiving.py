"""A mail is enough: to subscribe, to confirm, to leave, for the newest digest; nothing happens that was not asked."""

from collections.abc import Callable

import pytest

from newsletter import receiving, subscribing
from newsletter.digest import Variant
from newsletter.inbound import Source
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.store import DatabaseAway
from newsletter.store.consents import ConsentRow
from newsletter.store.notes import NoteRow
from newsletter.store.notices import NoticeRow
from newsletter.store.received import TRIES, ReceivedRow, ReceivedState
from newsletter.store.subscribers import SubscriberRow
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from newsletter.tokens import Purpose, make
from tests.leases import end_leases
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.mail_in import NEUTRAL, OURS, inbox, outcomes, put, reply_to, write, written
from tests.verbs.notes import deliver as deliver_notes
from tests.verbs.readers import ANNA, add, ask, notes, row, rows, today


@pytest.fixture
def here(here: Installation) -> Installation:
    """An installation that reads mail, with commentaries."""
    here.publication = here.publication.model_copy(update={"mail_in": True})
    here.load_seeds()
    return here


@pytest.mark.parametrize(
    ("address", "edition", "languages"),
    [
        (f"subscribe-be@{OURS}", "be-ru", "be ru"),
        (f"subscribe-ru@{OURS}", "be-ru", "ru be"),
        (f"Subscribe-EN@{OURS.upper()}", "en", "en"),
    ],
)
def test_a_mail_and_a_reply_subscribe(
    here: Installation, postbox: Postbox, address: str, edition: str, languages: str
) -> None:
    add(here, "reader@example.org")
    here.plan()
    assert write(here, address).notes
    question = inbox(here, postbox)
    assert question["Auto-Submitted"] == "auto-replied"
    assert postbox.senders[ANNA] == ""  # from nobody: nothing answers it
    assert [one.door for one in rows(here, ConsentRow)] == ["operator"]
    done = write(here, **reply_to(question))
    assert done.notes
    assert done.letters
    reader = rows(here, SubscriberRow)[-1]
    assert (reader.edition, reader.languages) == (edition, languages)
    (consent,) = [one for one in rows(here, ConsentRow) if one.subscriber_id == reader.id]
    assert consent.door == "mail"
    deliver_notes(here)
    here.deliver()
    assert len(postbox.taken[ANNA]) == 3  # the question, the welcome, the newest digest
    assert [note.kind for note in rows(here, NoteRow)] == [NoteKind.CONFIRM, NoteKind.WELCOME]
    assert outcomes(here) == ["subscribe", "confirmed"]
    assert all(one.sealed is None for one in rows(here, ReceivedRow))


def test_who_asks_by_mail_reads_in_the_answer_what_a_form_would_have_said(here: Installation, postbox: Postbox) -> None:
    """The consent names the version of the words that were read: they are the same words."""
    write(here, f"subscribe-en@{OURS}")
    plain = inbox(here, postbox).get_body(("plain",))
    assert plain is not None
    said = " ".join(plain.get_content().split())
    assert subscribing.consent_text(here.publication, Language("en")) in said


def test_only_the_owner_s_own_reply_confirms(here: Installation, postbox: Postbox) -> None:
    write(here, f"subscribe-en@{OURS}")
    question = inbox(here, postbox)
    to, note = str(question["Reply-To"]), str(question["Message-ID"])
    ask(here, "bob@example.org")
    other_note = inbox(here, postbox, "bob@example.org")
    write(here, to, "mallory@example.org", In_Reply_To=note)
    write(here, to)  # a machine that found the address somewhere, or a new mail
    write(here, to, In_Reply_To="<made-up@example.org>")
    write(here, to, In_Reply_To=str(other_note["Message-ID"]))
    write(here, to, In_Reply_To=note, Auto_Submitted="auto-replied")
    write(here, to, In_Reply_To=note, Precedence="bulk")
    put(here, to, written(to, In_Reply_To=note), sender="")
    receiving.work_off(here)
    assert rows(here, SubscriberRow) == []
    write(here, to, In_Reply_To=note)
    assert len(rows(here, SubscriberRow)) == 1
    write(here, to, In_Reply_To=note, text="again")
    assert len(notes(here, NoteKind.WELCOME)) == 1


def test_a_reply_whose_time_is_over_does_nothing(here: Installation, postbox: Postbox) -> None:
    write(here, f"subscribe-en@{OURS}")
    question = inbox(here, postbox)
    here.clock.forward(days=8)
    write(here, **reply_to(question))
    assert rows(here, SubscriberRow) == []


def test_the_address_of_list_unsubscribe_acts_at_once_whoever_writes(here: Installation) -> None:
    ref = add(here)
    to = f"leave+{make(here.keyring, Purpose.LEAVE, ref)}@{OURS}"
    write(here, to, "robot@provider.example", Auto_Submitted="auto-generated")
    assert row(here, ref) is None
    assert [one.reason for one in rows(here, SuppressionRow)] == [SuppressionReason.LEFT]
    write(here, to, text="again")
    assert outcomes(here) == ["left", "leave: gone already"]
    assert rows(here, NoteRow) == []


@pytest.mark.parametrize("purpose", [Purpose.BOUNCE, Purpose.CONFIRM, Purpose.PREFERENCES])
def test_a_token_for_something_else_does_nothing(here: Installation, purpose: Purpose) -> None:
    ref = add(here)
    for word in ("leave", "confirm", "bounce"):
        if word != purpose:
            write(here, f"{word}+{make(here.keyring, purpose, ref)}@{OURS}")
    assert row(here, ref) is not None
    assert {one.state for one in rows(here, ReceivedRow)} == {ReceivedState.REVIEW}


def test_unsubscribe_mails_a_way_out_to_the_owner_alone(here: Installation, postbox: Postbox) -> None:
    ref = add(here)
    write(here, f"unsubscribe@{OURS}")
    assert row(here, ref) is not None
    text = inbox(here, postbox).get_body(("plain",))
    assert text is not None
    assert make(here.keyring, Purpose.LEAVE, ref) in text.get_content()
    write(here, f"unsubscribe@{OURS}", "stranger@example.org")
    deliver_notes(here)
    assert b"/leave/" not in postbox.body("stranger@example.org")


def test_who_reads_discreetly_is_never_unmasked_by_an_answer(here: Installation, postbox: Postbox) -> None:
    add(here, variant=Variant.DISCREET)
    here.plan()
    here.deliver()
    for word in ("unsubscribe", "help", "latest-be", "subscribe-be"):
        write(here, f"{word}@{OURS}")
        message = inbox(here, postbox)
        assert str(message["From"]).endswith(f"@{NEUTRAL}>"), word
        assert b"week.example.org" not in postbox.body(ANNA), word
    assert len(postbox.taken[ANNA]) == 5


def test_what_is_written_to_the_neutral_domain_is_answered_from_there(here: Installation, postbox: Postbox) -> None:
    write(here, f"subscribe-be@{NEUTRAL}")
    question = inbox(here, postbox)
    assert str(question["From"]).endswith(f"@{NEUTRAL}>")
    assert str(question["Reply-To"]).endswith(f"@{NEUTRAL}")
    write(here, **reply_to(question))
    (reader,) = rows(here, SubscriberRow)
    assert reader.variant is Variant.DISCREET


def test_the_newest_digest_comes_back_thrice_a_day_and_subscribes_nobody(here: Installation, postbox: Postbox) -> None:
    add(here, "reader@example.org")
    here.plan()
    for _ in range(5):
        write(here, f"latest-en@{OURS}")
    message = inbox(here, postbox)
    assert len(postbox.taken[ANNA]) == 3
    assert not [name for name in message if name.lower().startswith("list-")]
    html = message.get_body(("html",))
    assert html is not None
    assert "/leave/" not in html.get_content()
    assert [one.id for one in rows(here, SubscriberRow)] == [rows(here, SubscriberRow)[0].id]
    assert outcomes(here) == ["latest"] * 3 + ["latest: had enough today"] * 2
    assert all(note.sealed_to is None and note.facts == {} for note in rows(here, NoteRow))


def test_before_anything_is_out_the_answer_says_what_can_be_done(here: Installation) -> None:
    write(here, f"latest@{OURS}")
    assert [note.kind for note in rows(here, NoteRow)] == [NoteKind.HELP]


def test_after_a_complaint_nothing_is_answered(here: Installation) -> None:
    with here.database.transaction() as session:
        suppress(session, here.keyring.lookup(ANNA), SuppressionReason.COMPLAINT, today=today(here))
    for word in ("subscribe", "latest", "help", "unsubscribe"):
        write(here, f"{word}@{OURS}")
    assert rows(here, NoteRow) == []


def test_beyond_the_limit_of_an_hour_mail_waits_and_is_not_lost(
    install: Callable[..., Installation], broker_url: str
) -> None:
    here = install(answers_in_all=2, broker_url=broker_url)
    here.load_seeds()
    for number in range(4):
        write(here, f"help@{OURS}", f"reader-{number}@example.org")
    assert len(notes(here, NoteKind.HELP)) == 2
    assert [one.kind for one in rows(here, NoticeRow)] == ["answers-limit"]
    waiting = [one for one in rows(here, ReceivedRow) if one.state is ReceivedState.WAITING]
    assert [one.attempts for one in waiting] == [0, 0]
    assert all(one.sealed for one in waiting)


def test_one_odd_message_never_stops_the_next(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = subscribing.owe_answer

    def fails_for_bob(*given: object, **named: object) -> bool:
        if str(given[3]).startswith("bob"):
            raise ValueError("bob@example.org")
        return whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(subscribing, "owe_answer", fails_for_bob)
    for name in ("anna", "bob", "cyril"):
        put(here, f"help@{OURS}", written(f"help@{OURS}", f"{name}@example.org"))
    receiving.work_off(here)
    assert [one.state for one in rows(here, ReceivedRow)] == [
        ReceivedState.DONE,
        ReceivedState.WAITING,
        ReceivedState.DONE,
    ]
    for _ in range(2 * TRIES):
        assert rows(here, ReceivedRow)[1].state is ReceivedState.WAITING
        end_leases(here.database)
        receiving.work_off(here)
    assert rows(here, ReceivedRow)[1].state is ReceivedState.REVIEW
    assert rows(here, ReceivedRow)[1].sealed


def test_the_same_mail_twice_is_one(here: Installation) -> None:
    content = written(f"help@{OURS}")
    assert put(here, f"help@{OURS}", content)
    assert not put(here, f"help@{OURS}", content, source=Source.IMAP)


def test_one_address_does_not_use_up_what_all_are_answered(
    install: Callable[..., Installation], broker_url: str
) -> None:
    here = install(answers_in_all=2, broker_url=broker_url)
    for turn in range(5):
        write(here, f"help@{OURS}", text=str(turn))
    write(here, f"help@{OURS}", "other@example.org")
    assert len(notes(here, NoteKind.HELP)) == 2


def test_a_leave_is_not_lost_however_often_the_database_goes_away(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = add(here)
    put(here, f"leave+{make(here.keyring, Purpose.LEAVE, ref)}@{OURS}", written("us"))
    with monkeypatch.context() as outage:
        outage.setattr(subscribing, "leave", _away)
        for _ in range(TRIES):
            receiving.work_off(here)
            end_leases(here.database)
    receiving.work_off(here)
    assert row(here, ref) is None


def _away(*_: object, **__: object) -> bool:
    raise DatabaseAway("gone")


def test_askings_by_mail_are_watched_as_those_by_the_form_are(
    install: Callable[..., Installation], broker_url: str
) -> None:
    here = install(attack_askings=3, broker_url=broker_url)
    here.load_seeds()
    for number in range(3):
        write(here, f"subscribe-en@{OURS}", f"reader-{number}@example.org")
    here.clock.forward(minutes=6)
    write(here, f"subscribe-en@{OURS}", "reader-9@example.org")
    assert [one.kind for one in rows(here, NoticeRow)] == ["attack"]
