"""Promise 6: who is refused because of us or of the letter is not charged; one reader's rule stays one reader's."""

from newsletter.delivering.first_answers import FIRST, FirstAnswers
from newsletter.outcomes import Outcome, Reason, State, Step
from newsletter.store.digests import DigestState
from newsletter.store.notices import unseen_notices
from newsletter.store.servers import standings
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation

RELAY = "554 5.7.1 relay access denied"
SENT = Outcome(State.SENT, None, "a:25", 250)


def refusal(step: Step = Step.RCPT, reason: Reason = Reason.POLICY, server: str = "a:25") -> Outcome:
    return Outcome(State.REFUSED, reason, server, 554, "5.7.1", "no", step)


def told(here: Installation) -> list[tuple[str, str]]:
    with here.database.reading() as session:
        return [(notice.kind, notice.text) for notice in unseen_notices(session)]


def counts(here: Installation) -> dict[State, int]:
    return {state: count for state, count in here.status().counts.items() if count}


def everyone_once(*boxes: Postbox) -> dict[str, int]:
    found: dict[str, int] = {}
    for box in boxes:
        for to, ids in box.taken.items():
            found[to] = found.get(to, 0) + len(ids)
    return found


def test_a_server_that_has_taken_some_is_believed_until_it_refuses_many_in_a_row() -> None:
    first = FirstAnswers(["a:25"], taken=["a:25"])
    for _ in range(3):
        assert not any(first.hold_back(refusal()) for _ in range(FIRST - 1))
        first.hold_back(SENT)
    assert [first.hold_back(refusal(Step.DOT)) for _ in range(FIRST + 2)] == [False] * (FIRST - 1) + [True] * 3
    assert first.all_refuse
    assert [str(said) for said in first.words().values()] == ["dot: 554 5.7.1 no"]


def test_bad_addresses_say_nothing_of_us() -> None:
    first = FirstAnswers(["a:25"], taken=[])
    for reason in (Reason.BAD_ADDRESS, Reason.MAILBOX_FULL):
        assert not any(first.hold_back(refusal(reason=reason)) for _ in range(2 * FIRST))
    assert not first.all_refuse
    assert first.hold_back(refusal(reason=Reason.TOO_LARGE))


def test_each_server_is_judged_by_itself() -> None:
    first = FirstAnswers(["a:25", "b:25"], taken=["b:25"])
    assert all(first.hold_back(refusal()) for _ in range(FIRST))
    assert not first.hold_back(refusal(server="b:25"))
    assert (first.refuses("a:25"), first.refuses("b:25"), first.all_refuse, first.held) == (True, False, False, 0)


def test_a_server_that_does_not_relay_for_us_pauses_the_digest_and_charges_nobody(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    readers = here.add_readers(200)
    postbox.answers["*"] = RELAY
    here.plan()
    here.deliver()
    assert (here.status().state, counts(here)) == (DigestState.PAUSED, {State.QUEUED: 200})
    assert told(here) == [("server-out", "rcpt: 554 5.7.1 relay access denied")]
    del postbox.answers["*"]
    here.plan()
    here.deliver()
    assert everyone_once(postbox) == dict.fromkeys(readers, 1)


def test_a_quota_that_is_used_up_in_mid_run_charges_few_and_pauses_the_digest(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    readers = here.add_readers(200)
    here.plan()
    here.deliver(stop=lambda: postbox.messages >= 50)
    sent = counts(here)[State.SENT]
    assert 50 <= sent < 150
    postbox.answers["*"] = "550 5.4.5 daily sending quota exceeded"
    here.deliver()
    charged = counts(here).get(State.REFUSED, 0)
    assert here.status().state is DigestState.PAUSED
    assert charged < FIRST
    assert counts(here)[State.QUEUED] == 200 - sent - charged
    del postbox.answers["*"]
    here.plan()
    here.deliver()
    assert len(everyone_once(postbox)) == len(readers) - charged
    assert set(everyone_once(postbox).values()) == {1}


def test_one_reader_with_a_rule_of_their_own_asked_first_does_not_stop_those_who_are_put_off(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    strict, *readers = here.add_readers(5)
    postbox.answers["*"] = "451 4.7.1 greylisted"
    postbox.answers[strict] = "550 5.7.1 no newsletters"
    here.plan()
    here.deliver()
    assert (here.status().state, counts(here)) == (DigestState.SENDING, {State.QUEUED: 1, State.DEFERRED: 4})
    del postbox.answers["*"]
    here.clock.forward(minutes=6)
    here.deliver()
    here.clock.forward(minutes=2)
    here.deliver()
    assert (here.status().state, counts(here)) == (DigestState.SENT, {State.SENT: 4, State.REFUSED: 1})
    assert told(here) == []
    assert everyone_once(postbox) == dict.fromkeys(readers, 1)


def test_a_small_edition_that_refuses_does_not_stop_a_large_one(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    strict = here.add_readers(3)
    readers = here.add_readers(40, edition="be-ru")
    for reader in strict:
        postbox.at_dot[reader] = "554 5.7.1 no newsletters"
    here.plan()
    for _ in range(2):
        here.deliver()
        here.clock.forward(minutes=2)
    assert (here.status().state, counts(here)) == (DigestState.SENT, {State.SENT: 40, State.REFUSED: 3})
    assert everyone_once(postbox) == dict.fromkeys(readers, 1)


def test_one_of_two_servers_that_does_not_relay_for_us_costs_nobody_a_letter(
    by_two: Installation, postbox: Postbox, other_postbox: Postbox
) -> None:
    by_two.load_seeds()
    readers = by_two.add_readers(300)
    other_postbox.answers["*"] = RELAY
    postbox.delay(0.01)
    by_two.plan()
    for _ in range(3):
        by_two.deliver()
        by_two.clock.forward(minutes=2)
    assert (by_two.status().state, counts(by_two)) == (DigestState.SENT, {State.SENT: 300})
    assert everyone_once(postbox) == dict.fromkeys(readers, 1)
    assert [kind for kind, _ in told(by_two)] == ["one-server-out"]
    with by_two.database.reading() as session:
        assert standings(session, [by_two.servers[1].label])[by_two.servers[1].label].out_for > 0
