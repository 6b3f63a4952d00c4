"""Only a yes is a consent: whatever else answers our question confirms nothing, and a no ends it."""

import pytest

from newsletter import subscribing
from newsletter.store.askings import AskingRow
from newsletter.store.consents import ConsentRow
from newsletter.store.subscribers import SubscriberRow
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.mail_in import OURS, inbox, outcomes, reply_to, write
from tests.verbs.readers import rows

NO_YES = (
    "Спасибо за обращение. Ваше сообщение получено и будет рассмотрено.",
    "I no longer work at Example Ltd. Please write to boris@example.com.",
    "Hello! Who are you?",
)
REFUSALS = ("STOP. This was not me. Unsubscribe.", "Не пишите мне больше, я этого не просил!")


@pytest.fixture
def here(here: Installation) -> Installation:
    """An installation that reads mail, with commentaries."""
    here.publication = here.publication.model_copy(update={"mail_in": True})
    here.load_seeds()
    return here


@pytest.mark.parametrize("yes", ["", "Так"])
def test_what_is_no_yes_confirms_nothing_and_leaves_the_question_open(
    here: Installation, postbox: Postbox, yes: str
) -> None:
    write(here, f"subscribe-en@{OURS}")
    question = reply_to(inbox(here, postbox))
    for text in NO_YES:
        write(here, **question, text=text)
    assert rows(here, SubscriberRow) == rows(here, ConsentRow) == []
    assert outcomes(here)[1:] == ["ignored: a reply that does not say yes"] * len(NO_YES)
    write(here, **question, text=yes)
    assert len(rows(here, SubscriberRow)) == len(rows(here, ConsentRow)) == 1


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_forgets_the_question_and_its_link_is_dead(here: Installation, postbox: Postbox, text: str) -> None:
    write(here, f"subscribe-en@{OURS}")
    question = reply_to(inbox(here, postbox))
    token = question["to"].partition("+")[2].partition("@")[0]
    write(here, **question, text=text, sender="mallory@example.org")
    with here.database.transaction() as session:
        assert subscribing.pending(session, here.keyring, token, now=here.clock()) is not None
    assert not write(here, **question, text=text).notes
    assert outcomes(here)[1:] == ["objection: not by its owner, or its time is over", "objection: forgotten"]
    with here.database.transaction() as session:
        assert subscribing.pending(session, here.keyring, token, now=here.clock()) is None
    write(here, **question, text="Так")
    assert rows(here, AskingRow) == rows(here, SubscriberRow) == rows(here, ConsentRow) == []


def test_who_has_confirmed_is_asked_nothing_that_they_could_refuse(here: Installation, postbox: Postbox) -> None:
    write(here, f"subscribe-en@{OURS}")
    question = reply_to(inbox(here, postbox))
    write(here, **question)
    write(here, **question, text="Stop")
    assert len(rows(here, SubscriberRow)) == len(rows(here, AskingRow)) == 1
    assert outcomes(here)[-1] == "objection: not by its owner, or its time is over"
