"""Changing while a message is on the wire: it cannot be taken back, but the next try is the letter chosen by then."""

from collections.abc import Callable

import pytest

from newsletter import publishing
from newsletter.digest import Variant
from newsletter.outcomes import State
from newsletter.store.digests import DigestState
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still
from tests.verbs.readers import ANNA, add, change, is_sound, owed

CUT_OFF = ""
"""The answer of a server that keeps the message and hangs up."""

DISCREET = "letter.example.net"
"""The domain that discreet letters come from."""


def sender(postbox: Postbox) -> str:
    return postbox.senders[ANNA].rpartition("@")[2]


def turns_discreet(here: Installation, ref: bytes, postbox: Postbox, reply: str, *, kept: bool) -> None:
    """Plan; answer the message with `reply`, but only when its reader has turned discreet; `kept`: it arrives."""
    postbox.at_dot[ANNA] = reply
    here.plan()
    with standing_still(here, postbox, after=0 if kept else -1, connections=1):
        assert change(here, ref, variant=Variant.DISCREET) == 0
    del postbox.at_dot[ANNA]
    assert postbox.messages == kept


def is_through_discreetly(here: Installation, postbox: Postbox) -> bool:
    """Say whether the next try, an hour later, is the discreet letter, and the account is sound."""
    here.pass_circuits()
    here.clock.forward(hours=1)
    here.deliver()
    through = (here.status().state, is_sound(here)) == (DigestState.SENT, True)
    return through and owed(here) == [("be-ru", "discreet", State.SENT, None)] and sender(postbox) == DISCREET


def test_what_was_put_off_is_the_discreet_letter_at_the_next_try(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    turns_discreet(here, add(here), postbox, "451 4.7.1 greylisted", kept=False)
    assert [one[2] for one in owed(here)] == [State.DEFERRED]
    assert is_through_discreetly(here, postbox)
    assert postbox.messages == 1


def test_what_was_cut_off_is_sent_again_as_the_discreet_letter(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    turns_discreet(here, add(here), postbox, CUT_OFF, kept=True)
    assert [one[2] for one in owed(here)] == [State.QUEUED]
    assert is_through_discreetly(here, postbox)
    assert postbox.messages == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_held_in_doubt_is_sent_again_as_the_discreet_letter(
    install: Callable[..., Installation], postbox: Postbox, at_once: bool
) -> None:
    """Whether its reader turns discreet while it is on the wire, or when it has been in doubt for long."""
    here = install(smtp_url=postbox.url, on_doubt="hold")
    here.load_seeds()
    anna = add(here)
    if at_once:
        turns_discreet(here, anna, postbox, CUT_OFF, kept=True)
    else:
        postbox.at_dot[ANNA] = CUT_OFF
        here.plan()
        here.deliver()
        del postbox.at_dot[ANNA]
        assert change(here, anna, variant=Variant.DISCREET) == 0
    assert [one[2] for one in owed(here)] == [State.DOUBTFUL]
    with here.database.transaction() as session:
        assert publishing.resend_doubtful(session, WEEK, now=here.clock(), who="test", batch_size=10) == 1
    assert is_through_discreetly(here, postbox)
    assert postbox.messages == 2
