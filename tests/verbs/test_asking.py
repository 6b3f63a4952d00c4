"""Asking and confirming: one row whoever asks, few mails, nobody learns who reads; the owner's word counts."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from newsletter import addresses, subscribing
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.store.askings import AskingRow, AskingState
from newsletter.store.consents import ConsentRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from newsletter.subscribing import Limits, Wish
from newsletter.tokens import ForeignToken, Purpose, make
from tests.verbs.conftest import Installation

ANNA = "anna@example.org"
LIMITS = Limits(per_day=1, per_month=3)


@pytest.fixture
def here(install: Callable[..., Installation]) -> Installation:
    """An installation that delivers nowhere."""
    return install()


def wish(here: Installation, name: str = ANNA, edition: str = "be-ru", variant: Variant = Variant.FULL) -> Wish:
    wanted = here.publication.edition(edition)
    return Wish(addresses.parse(name), wanted, wanted.languages, variant)


def ask(here: Installation, wanted: Wish | None = None) -> bool:
    """Ask and have it answered; say whether a mail is owed."""
    with here.database.transaction() as session:
        id = subscribing.ask(
            session, here.keyring, wanted or wish(here), tongue=Language("be"), door="web", now=here.clock()
        )
    return answer(here, id)


def answer(here: Installation, id: int) -> bool:
    with here.database.transaction() as session:
        return subscribing.answer(session, here.keyring, id, limits=LIMITS, now=here.clock()) is not None


def notes(here: Installation) -> list[NoteRow]:
    with here.database.reading() as session:
        return list(session.scalars(select(NoteRow).order_by(NoteRow.id)))


def link(here: Installation) -> str:
    """The confirm link in the newest note."""
    return make(here.keyring, Purpose.CONFIRM, bytes.fromhex(notes(here)[-1].facts["asking"]))


def confirm(here: Installation, token: str) -> subscribing.Confirmed | None:
    with here.database.transaction() as session:
        return subscribing.confirm(session, here.keyring, token, now=here.clock(), today=here.clock().date())


def subscribers(here: Installation) -> list[SubscriberRow]:
    with here.database.reading() as session:
        return list(session.scalars(select(SubscriberRow)))


def count(here: Installation, table: type) -> int:
    with here.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def suppress_anna(here: Installation, reason: SuppressionReason) -> None:
    with here.database.transaction() as session:
        suppress(session, here.keyring.lookup(ANNA), reason, today=here.clock().date())


def test_who_confirms_is_subscribed_with_consent_and_pressing_twice_is_no_fault(here: Installation) -> None:
    assert ask(here)
    assert subscribers(here) == []
    token = link(here)
    first, second = confirm(here, token), confirm(here, token)
    assert first is not None
    assert second == replace(first, first=False)
    (anna,) = subscribers(here)
    assert (anna.state, anna.edition, anna.languages, anna.tongue) == (SubscriberState.ACTIVE, "be-ru", "be ru", "be")
    assert here.keyring.open(anna.sealed, bound_to=anna.ref) == ANNA
    with here.database.reading() as session:
        (consent,) = session.scalars(select(ConsentRow)).all()
        (asking,) = session.scalars(select(AskingRow)).all()
    assert (consent.text_version, consent.tongue, consent.door) == (subscribing.CONSENT, "be", "web")
    assert (asking.state, asking.sealed) == (AskingState.CONFIRMED, None)


def test_a_thousand_askings_make_one_mail_a_day_and_three_a_month(here: Installation) -> None:
    owed = [ask(here) for _ in range(30)]
    assert sum(owed) == 1
    assert count(here, AskingRow) == 1  # whom no mail tells of is kept no longer than the look at it
    for day in range(1, 60):
        here.clock.forward(days=1)
        owed.append(ask(here))
        assert sum(owed[-30:]) <= 3, day
    assert sum(owed) == 6


def test_another_spelling_is_the_same_mailbox(here: Installation) -> None:
    assert ask(here)
    assert not ask(here, wish(here, " ANNA@Example.ORG "))


def test_a_subscriber_who_asks_for_the_same_is_told_so_by_mail_alone(here: Installation) -> None:
    assert ask(here)
    confirm(here, link(here))
    here.clock.forward(days=1)
    assert ask(here)
    note = notes(here)[-1]
    assert note.kind == NoteKind.STANDING
    assert note.facts["subscriber"] == subscribers(here)[0].ref.hex()
    assert count(here, AskingRow) == 1


def test_asking_for_something_else_changes_nothing_until_it_is_confirmed(here: Installation) -> None:
    assert ask(here, wish(here, edition="en", variant=Variant.DISCREET))
    confirm(here, link(here))
    here.clock.forward(days=1)
    assert ask(here, wish(here))
    note = notes(here)[-1]
    assert (note.kind, note.facts["known"], note.facts["edition"]) == (NoteKind.CONFIRM, "yes", "be-ru")
    # Whoever asked: a discreet reader is not given away by the mail that follows.
    assert (note.facts["variant"], note.facts["wanted"]) == ("discreet", "full")
    assert subscribers(here)[0].edition == "en"
    confirm(here, link(here))
    (anna,) = subscribers(here)
    assert (anna.edition, anna.variant) == ("be-ru", Variant.FULL)
    assert count(here, ConsentRow) == 2


def test_after_a_complaint_nothing_is_sent_whoever_asks(here: Installation) -> None:
    suppress_anna(here, SuppressionReason.COMPLAINT)
    assert not ask(here)
    assert (notes(here), count(here, AskingRow)) == ([], 0)


def test_a_complaint_after_the_mail_makes_its_link_worthless(here: Installation) -> None:
    assert ask(here)
    suppress_anna(here, SuppressionReason.COMPLAINT)
    assert confirm(here, link(here)) is None
    assert subscribers(here) == []


@pytest.mark.parametrize("reason", [SuppressionReason.LEFT, SuppressionReason.ERASED, SuppressionReason.IMPORTED])
def test_the_owner_s_own_word_lifts_a_suppression(here: Installation, reason: SuppressionReason) -> None:
    suppress_anna(here, reason)
    assert ask(here)
    assert count(here, SuppressionRow) == 1
    confirm(here, link(here))
    assert (len(subscribers(here)), count(here, SuppressionRow)) == (1, 0)


@pytest.mark.parametrize("state", [SubscriberState.PAUSED, SubscriberState.STOPPED])
def test_a_silent_or_stopped_reader_who_confirms_is_written_to_again(
    here: Installation, state: SubscriberState
) -> None:
    assert ask(here)
    confirm(here, link(here))
    with here.database.transaction() as session:
        session.execute(update(SubscriberRow).values(state=state, stop_reason="bad-address", paused_until=here.clock()))
    here.clock.forward(days=1)
    assert ask(here)
    assert notes(here)[-1].kind == NoteKind.CONFIRM
    confirm(here, link(here))
    (anna,) = subscribers(here)
    assert (anna.state, anna.stop_reason, anna.paused_until) == (SubscriberState.ACTIVE, None, None)


def test_a_link_is_good_for_a_week(here: Installation) -> None:
    assert ask(here)
    token = link(here)
    here.clock.forward(days=subscribing.ASKING_DAYS, seconds=1)
    assert confirm(here, token) is None
    with here.database.reading() as session:
        assert subscribing.pending(session, here.keyring, token, now=here.clock()) is None


def test_the_page_behind_the_link_says_what_is_asked_and_not_by_whom(here: Installation) -> None:
    assert ask(here)
    with here.database.reading() as session:
        found = subscribing.pending(session, here.keyring, link(here), now=here.clock())
    assert found is not None
    assert (found.edition, found.languages, found.variant) == ("be-ru", ("be", "ru"), Variant.FULL)
    assert ANNA not in repr(found)


def test_a_link_for_something_else_confirms_nothing(here: Installation) -> None:
    assert ask(here)
    ref = bytes.fromhex(notes(here)[-1].facts["asking"])
    for purpose in set(Purpose) - {Purpose.CONFIRM}:
        with pytest.raises(ForeignToken):
            confirm(here, make(here.keyring, purpose, ref))
    assert subscribers(here) == []


def test_a_damaged_asking_is_forgotten_and_holds_up_nobody(here: Installation) -> None:
    with here.database.transaction() as session:
        id = subscribing.ask(session, here.keyring, wish(here), tongue=Language("be"), door="web", now=here.clock())
        session.execute(update(AskingRow).values(sealed=b"\0" * 40))
    assert not answer(here, id)
    assert count(here, AskingRow) == 0


def test_an_asking_is_answered_once_however_often_it_is_rung_for(here: Installation) -> None:
    with here.database.transaction() as session:
        id = subscribing.ask(session, here.keyring, wish(here), tongue=Language("be"), door="web", now=here.clock())
    assert [answer(here, id), answer(here, id)] == [True, False]
    assert len(notes(here)) == 1


def test_two_links_of_one_mailbox_make_one_subscriber(here: Installation) -> None:
    assert ask(here)
    first = link(here)
    here.clock.forward(days=1)
    assert ask(here, wish(here, edition="en"))
    confirm(here, link(here))
    assert confirm(here, first) is None  # forgotten with the confirmation of the other
    (anna,) = subscribers(here)
    assert anna.edition == "en"


@pytest.mark.parametrize("state", list(SubscriberState))
def test_no_mail_gives_a_discreet_reader_away_whoever_asks(here: Installation, state: SubscriberState) -> None:
    assert ask(here, wish(here, variant=Variant.DISCREET))
    confirm(here, link(here))
    with here.database.transaction() as session:
        session.execute(update(SubscriberRow).values(state=state, paused_until=here.clock()))
    here.clock.forward(days=1)
    assert ask(here, wish(here))
    assert notes(here)[-1].facts["variant"] == "discreet"


def test_nor_one_who_has_not_confirmed_yet(here: Installation) -> None:
    assert ask(here, wish(here, variant=Variant.DISCREET))
    here.clock.forward(days=1)
    assert ask(here, wish(here))
    assert (notes(here)[-1].facts["variant"], notes(here)[-1].facts["wanted"]) == ("discreet", "full")


def test_a_complaint_outranks_what_was_written_down_before(here: Installation) -> None:
    suppress_anna(here, SuppressionReason.LEFT)
    suppress_anna(here, SuppressionReason.COMPLAINT)
    suppress_anna(here, SuppressionReason.LEFT)
    assert not ask(here)
    assert count(here, SuppressionRow) == 1
