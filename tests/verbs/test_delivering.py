"""Promises 1, 2 and 6: nobody lost, nobody twice, eligibility at the fence, one fault stays one fault."""

from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation


def test_everyone_planned_gets_one_letter(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    readers = here.add_readers(40) + here.add_readers(30, "be-ru")
    assert here.plan() == 70
    here.deliver()
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)
    status = here.status()
    assert status.state is DigestState.SENT
    assert status.balances
    assert status.counts[State.SENT] == 70


def test_a_reader_refused_at_rcpt_never_stops_the_batch(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    first, gone, last = here.add_readers(3)
    postbox.answers[gone] = f"550 5.1.1 <{gone}> no such user"
    here.plan()
    here.deliver()
    assert set(postbox.taken) == {first, last}
    status = here.status()
    assert status.state is DigestState.SENT
    assert (status.counts[State.SENT], status.counts[State.REFUSED]) == (2, 1)
