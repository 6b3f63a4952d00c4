"""Resending to one reader by hand: the same delivery, a message of its own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from newsletter import addresses, publishing
from newsletter.digest import Variant
from newsletter.outcomes import Reason, State
from newsletter.publishing.again import NothingToResend
from newsletter.publishing.holding import NotNow
from newsletter.store.audit import AuditRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.subscribers import SubscriberRow, SubscriberState, subscribers_by_lookup
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still
from tests.verbs.readers import change

ANNA = "en-full-1@example.org"


def resend(here: Installation, name: str = ANNA) -> DigestState:
    with here.database.transaction() as session:
        return publishing.resend(
            session,
            here.publication,
            here.keyring,
            WEEK,
            addresses.parse(name),
            now=here.clock(),
            who="test",
            batch_size=here.settings.batch_size,
        )


def rows(here: Installation) -> list[DeliveryRow]:
    with here.database.reading() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


def said_of(here: Installation, name: str) -> str:
    try:
        resend(here, name)
    except NothingToResend as error:
        return str(error).partition(": ")[2].partition(" to this")[0]
    return "again"


@pytest.fixture
def sent(here: Installation) -> Installation:
    """Three readers who have it."""
    here.load_seeds()
    here.add_readers(3)
    here.plan()
    here.deliver()
    return here


def test_who_has_turned_discreet_since_gets_the_discreet_one(sent: Installation, postbox: Postbox) -> None:
    with sent.database.reading() as session:
        (anna,) = subscribers_by_lookup(session, sent.keyring.lookups(ANNA))
    assert change(sent, anna.ref, "en", variant=Variant.DISCREET) == 0
    resend(sent)
    sent.deliver()
    assert len(postbox.taken[ANNA]) == 2
    assert postbox.senders[ANNA].endswith("@letter.example.net")


@pytest.mark.parametrize("spelt", [ANNA, "EN-Full-1@Example.ORG"])
def test_a_reader_gets_it_once_more_as_a_message_of_its_own(sent: Installation, postbox: Postbox, spelt: str) -> None:
    assert resend(sent, spelt) is DigestState.SENDING
    with sent.database.reading() as session:
        assert publishing.check(session, WEEK).is_sound
    sent.deliver()
    taken = postbox.taken
    assert sorted(len(ids) for ids in taken.values()) == [1, 1, 2]
    assert len(set(taken[ANNA])) == 2, "another Message-ID, or many mailboxes would show it once"
    status = sent.status()
    assert (status.state, status.planned, status.counts[State.SENT]) == (DigestState.SENT, 3, 3)
    assert [row.copy for row in rows(sent)] == [0, 1, 0]
    with sent.database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
        assert last is not None
        assert (last.who, last.what, last.ref) == ("test", f"delivery {rows(sent)[1].id} resent", "2019-W41")
    resend(sent)
    sent.deliver()
    assert len(set(postbox.taken[ANNA])) == 3


def test_it_starts_afresh_whatever_became_of_the_first(sent: Installation, postbox: Postbox) -> None:
    with sent.database.transaction() as session:
        refused = {"state": State.REFUSED, "reason": Reason.EXPIRED, "code": 451, "text": "later", "crashes": 2}
        session.execute(update(DeliveryRow).values(**refused, attempts=9))
    sent.clock.forward(hours=200)
    postbox.answers[ANNA] = "451 4.7.1 greylisted"
    resend(sent)
    sent.deliver()
    row = rows(sent)[1]
    assert (row.state, row.reason, row.attempts, row.crashes) == (State.DEFERRED, None, 1, 0)
    del postbox.answers[ANNA]
    sent.clock.forward(minutes=10)
    sent.deliver()
    assert rows(sent)[1].state is State.SENT
    assert len(postbox.taken[ANNA]) == 2


def test_a_paused_digest_stays_paused_and_sends_it_once_it_is_resumed(sent: Installation, postbox: Postbox) -> None:
    with sent.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.PAUSED))
    assert resend(sent) is DigestState.PAUSED
    sent.deliver()
    assert len(postbox.taken[ANNA]) == 1
    with sent.database.transaction() as session:
        publishing.resume(session, WEEK, now=sent.clock(), who="test")
    sent.deliver()
    assert len(postbox.taken[ANNA]) == 2


def test_what_is_owed_still_is_not_owed_twice(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    names = here.add_readers(30)
    here.plan()
    with pytest.raises(NothingToResend, match=r"owed to this reader still \(queued\)"):
        resend(here)
    with standing_still(here, postbox):
        said = [said_of(here, name) for name in names]
    assert sorted(said) == ["again"] * 8 + ["on the wire"] * 8 + ["owed"] * 14
    assert {len(ids) for ids in postbox.taken.values()} == {1, 2}
    assert sum(row.copy for row in rows(here)) == postbox.messages - 30 == 8
    assert here.status().state is DigestState.SENT


def _pause(here: Installation) -> None:
    with here.database.transaction() as session:
        session.execute(update(SubscriberRow).values(state=SubscriberState.PAUSED))


def _cancel(here: Installation) -> None:
    with here.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.CANCELLED))


def _late(here: Installation) -> None:
    here.add_readers(1, "be-ru")


@pytest.mark.parametrize(
    ("before", "name", "error", "words"),
    [
        (None, "nobody@example.net", NothingToResend, "^no subscriber has that address$"),
        (_pause, ANNA, NothingToResend, "^this reader is paused, and is not written to$"),
        (_cancel, ANNA, NotNow, "^2019-W41: the digest is cancelled, and cannot be sent again$"),
        (_late, "be-ru-full-0@example.org", NothingToResend, "^2019-W41: never owed to this reader.*--welcome"),
    ],
)
def test_who_cannot_be_sent_it_is_said_without_the_address(
    sent: Installation,
    postbox: Postbox,
    before: Callable[[Installation], None] | None,
    name: str,
    error: type[Exception],
    words: str,
) -> None:
    if before:
        before(sent)
    with pytest.raises(error, match=words) as caught:
        resend(sent, name)
    assert name not in str(caught.value)
    sent.deliver()
    assert postbox.messages == 3
