"""Bad news stops a reader only when two digests say so; who is stopped can be brought back; crowds are not believed."""

from collections.abc import Callable

import pytest

from newsletter import addresses, subscribing
from newsletter.badnews import BounceKind
from newsletter.bouncing import judging
from newsletter.messageids import Named
from newsletter.outcomes import Reason, State
from newsletter.store.digests import DigestRow
from newsletter.store.notes import NoteRow
from newsletter.store.notices import NoticeRow
from tests.servers.postbox import Postbox
from tests.verbs.bounces import WEEKS, bounces, judge_ended, report, send, stopped
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver as deliver_notes
from tests.verbs.readers import ANNA, add, ask, leave, row, rows

BAD, FULL = BounceKind.BAD_ADDRESS, BounceKind.MAILBOX_FULL


@pytest.fixture
def anna(here: Installation) -> bytes:
    here.load_seeds()
    return add(here)


def test_two_digests_that_come_back_stop_a_reader(here: Installation, anna: bytes) -> None:
    for week, why in zip(WEEKS[:2], (None, "bad-address"), strict=True):
        send(here, week)
        for _ in range(3):  # however many reports come of one digest
            report(here, anna)
        assert stopped(here, anna) == why
    add(here, "other@example.org")
    assert here.plan(WEEKS[2]) == 1


def test_refusals_in_the_dialogue_and_reports_count_together(here: Installation, postbox: Postbox, anna: bytes) -> None:
    postbox.answers[ANNA] = "550 5.1.1 no such user"
    send(here, WEEKS[0])
    assert judge_ended(here) == 0
    assert stopped(here, anna) is None
    del postbox.answers[ANNA]
    send(here, WEEKS[1])
    assert judge_ended(here) == 0
    report(here, anna)
    assert stopped(here, anna) == "bad-address"


def test_two_refusals_stop_when_the_second_digest_has_come_to_its_end(
    here: Installation, postbox: Postbox, anna: bytes
) -> None:
    add(here, "other@example.org")
    postbox.answers[ANNA] = "550 5.1.1 no such user"
    for week, ended in zip(WEEKS[:2], (0, 1), strict=True):
        send(here, week)
        assert judge_ended(here) == ended
        assert judge_ended(here) == 0  # once for each digest
    assert stopped(here, anna) == "bad-address"


def test_a_digest_that_arrived_clears_what_was_before(here: Installation, anna: bytes) -> None:
    send(here, WEEKS[0])
    report(here, anna)
    send(here, WEEKS[1])
    send(here, WEEKS[2])
    report(here, anna)
    assert stopped(here, anna) is None


@pytest.mark.parametrize("kind", [BounceKind.POLICY, BounceKind.CONTENT, BounceKind.LATER, BounceKind.UNKNOWN])
def test_what_is_not_about_the_mailbox_never_counts(here: Installation, anna: bytes, kind: BounceKind) -> None:
    for week in WEEKS:
        send(here, week)
        report(here, anna, kind)
    assert stopped(here, anna) is None
    assert [one.kind for one in bounces(here)] == [kind] * 3


def test_a_full_mailbox_stops_after_as_many_digests_running_as_is_set(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, mailbox_full_digests=3)
    here.load_seeds()
    ref = add(here)
    for week, why in zip(WEEKS, (None, None, "mailbox-full"), strict=True):
        send(here, week)
        report(here, ref, FULL)
        assert stopped(here, ref) == why


def test_a_report_counts_for_the_digest_that_it_quotes(here: Installation, anna: bytes) -> None:
    """Two reports about two digests, both come in after the second."""
    send(here, WEEKS[0])
    send(here, WEEKS[1])
    report(here, anna)
    assert stopped(here, anna) is None
    older = min(digest.id for digest in rows(here, DigestRow))
    report(here, named=Named(older, anna, 0))
    assert stopped(here, anna) == "bad-address"


def test_who_is_resumed_begins_anew(here: Installation, anna: bytes) -> None:
    for week in WEEKS[:2]:
        send(here, week)
        report(here, anna)
    assert stopped(here, anna)
    with here.database.transaction() as session:
        assert subscribing.resume_address(session, here.keyring, addresses.parse(ANNA))
    report(here, anna)  # one more about a digest from before
    assert stopped(here, anna) is None
    send(here, WEEKS[2])
    report(here, anna)
    assert stopped(here, anna) is None


def test_an_address_alone_counts_only_where_something_was_sent_lately(here: Installation, anna: bytes) -> None:
    assert report(here, address=ANNA) is None
    send(here, WEEKS[0])
    here.clock.forward(days=15)
    assert report(here, address=ANNA) is None
    assert report(here, address="nobody@example.org") is None
    send(here, WEEKS[1])
    here.clock.forward(days=13)
    judged = report(here, address=ANNA.upper())
    assert judged is not None
    assert [one.subscriber_id for one in bounces(here)] == [judged.subscriber_id]


def test_a_note_that_comes_back_says_so(here: Installation, postbox: Postbox) -> None:
    ask(here)
    (note,) = rows(here, NoteRow)
    assert report(here, note.ref) is None  # it has not even been sent
    deliver_notes(here)
    assert postbox.messages == 1
    assert report(here, note.ref) is None
    (note,) = rows(here, NoteRow)
    assert (note.state, note.reason, note.text) == (State.REFUSED, Reason.BAD_ADDRESS, "no such user")
    assert bounces(here) == []


def test_leaving_takes_the_bad_news_along(here: Installation, anna: bytes) -> None:
    send(here, WEEKS[0])
    report(here, anna)
    assert leave(here, anna)
    assert bounces(here) == []


def test_where_many_addresses_are_bad_at_once_nobody_is_stopped_and_the_operator_hears(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, bounce_crowd=4, bounce_share=0.5)
    here.load_seeds()
    refs = [add(here, f"reader-{number}@example.org", "en") for number in range(8)]
    for week in WEEKS[1:]:
        send(here, week)
        for ref in refs:
            report(here, ref)
    assert [stopped(here, ref) for ref in refs] == [None] * 8
    told = [notice for notice in rows(here, NoticeRow) if notice.kind == "many-bad-addresses"]
    assert [notice.week for notice in told] == [str(week) for week in WEEKS[1:]]


def test_a_share_of_policy_refusals_at_one_domain_is_told_once(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, bounce_crowd=3, bounce_share=0.5)
    here.load_seeds()
    theirs = [add(here, f"reader-{number}@strict.example", "en") for number in range(5)]
    others = [add(here, f"reader-{number}@example.org", "en") for number in range(5)]
    postbox.at_data["reader-0@strict.example"] = "554 5.7.1 looks like spam"
    send(here, WEEKS[2])
    for ref in (theirs[1], others[0], others[1]):
        report(here, ref, BounceKind.POLICY)
    assert [notice.kind for notice in rows(here, NoticeRow)] == []
    report(here, theirs[2], BounceKind.POLICY)
    report(here, theirs[3], BounceKind.POLICY)
    assert [(one.kind, one.text) for one in rows(here, NoticeRow)] == [("policy-refusals", "strict.example")]
    assert all(reader is not None and reader.stop_reason is None for reader in (row(here, ref) for ref in theirs))


def test_what_anybody_could_have_written_stops_nobody_by_itself(here: Installation, anna: bytes) -> None:
    for week in WEEKS:
        send(here, week)
        assert report(here, address=ANNA) is not None
    assert stopped(here, anna) is None
    assert [one.proven for one in bounces(here)] == [False] * 3
    report(here, anna)  # and now one that holds something of ours
    assert stopped(here, anna) == "bad-address"


def test_mailboxes_are_given_up_in_many_short_transactions(
    install: Callable[..., Installation], postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "AT_ONCE", 3)
    here = install(smtp_url=postbox.url, bounce_crowd=100)
    here.load_seeds()
    refs = [add(here, f"reader-{number}@example.org", "en") for number in range(10)]
    add(here, "other@example.org", "en")
    for number in range(10):
        postbox.answers[f"reader-{number}@example.org"] = "550 5.1.1 no such user"
    send(here, WEEKS[1])
    send(here, WEEKS[2])
    assert judge_ended(here) == 10
    assert judge_ended(here) == 0
    assert [stopped(here, ref) for ref in refs] == ["bad-address"] * 10
