"""Notices: what the operator must know is kept until seen, and mailed once, as a note."""

import email
import email.policy

from newsletter.store.notices import add_notice, see_notices, unseen_notices
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver, rows, try_servers_again


def text_to(postbox: Postbox, operator: str) -> str:
    message = email.message_from_bytes(postbox.body(operator), policy=email.policy.default)
    assert "List-Unsubscribe" not in message
    return str(message.get_body(("plain",)).get_content())


def test_a_notice_is_mailed_to_the_operator_once(here: Installation, postbox: Postbox) -> None:
    here.load_seeds()
    here.add_readers(1)
    postbox.at_mail["*"] = "554 5.7.1 go away"
    here.plan()
    here.deliver()
    assert deliver(here) == 0
    del postbox.at_mail["*"]
    here.clock.forward(hours=1)
    try_servers_again(here)
    assert [deliver(here) for _ in range(2)] == [1, 0]
    assert list(postbox.taken) == [here.publication.operator_email]
    assert "go away" in text_to(postbox, here.publication.operator_email)


def test_a_notice_that_was_seen_before_it_could_be_mailed_is_mailed_all_the_same(
    here: Installation, postbox: Postbox
) -> None:
    with here.database.transaction() as session:
        add_notice(session, "late", now=here.clock(), week="2019-W41")
        see_notices(session, now=here.clock())
        assert unseen_notices(session) == []
    deliver(here)
    assert postbox.messages == 1


def test_a_notice_goes_to_whoever_is_the_operator_now(here: Installation, postbox: Postbox) -> None:
    with here.database.transaction() as session:
        add_notice(session, "late", now=here.clock(), week="2019-W41", text="too late")
    here.publication.__dict__["operator_email"] = "new-operator@example.org"
    deliver(here)
    assert list(postbox.taken) == ["new-operator@example.org"]
    assert "too late" in text_to(postbox, "new-operator@example.org")


def test_a_notice_that_is_told_once_is_mailed_once(here: Installation, postbox: Postbox) -> None:
    def tell(*, again: bool = False) -> bool:
        with here.database.transaction() as session:
            return add_notice(session, "late", now=here.clock(), week="2019-W41", again=again)

    assert [tell(), tell(), tell(again=True)] == [True, False, True]
    deliver(here)
    first, second = postbox.taken[here.publication.operator_email]
    assert first != second


def test_a_notice_that_cannot_be_mailed_makes_no_other_notice(here: Installation, postbox: Postbox) -> None:
    with here.database.transaction() as session:
        add_notice(session, "late", now=here.clock())
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    deliver(here)
    assert len(rows(here)) == 1
