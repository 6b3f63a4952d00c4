"""Pausing, resuming, cancelling: each holds at the next fence, and nothing of a cancelled digest stays open."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from newsletter import delivering, publishing
from newsletter.outcomes import State
from newsletter.publishing.holding import NotNow, Reach
from newsletter.publishing.planning import Cancelled
from newsletter.store.audit import AuditRow
from newsletter.store.batches import BatchRow, WorkerRow, sweep
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from newsletter.weeks import Week
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still

LAST = Week(2019, 12)
OPEN = (State.QUEUED, State.DEFERRED, State.SENDING)


def pause(here: Installation) -> None:
    with here.database.transaction() as session:
        publishing.pause(session, WEEK, now=here.clock(), who="test")


def resume(here: Installation) -> None:
    with here.database.transaction() as session:
        publishing.resume(session, WEEK, now=here.clock(), who="test")


def cancel(here: Installation) -> Reach:
    with here.database.transaction() as session:
        return publishing.cancel(session, WEEK, now=here.clock(), who="test")


def upkeep(here: Installation) -> None:
    with here.database.transaction() as session:
        delivering.finish_digests(session, now=here.clock())


def ends(here: Installation) -> Counter[tuple[str, str | None]]:
    """Count the deliveries by state and reason."""
    with here.database.reading() as session:
        return Counter((row.state.value, row.reason) for row in session.scalars(select(DeliveryRow)))


def is_sound(here: Installation) -> bool:
    with here.database.reading() as session:
        return publishing.check(session, WEEK).is_sound


def deeds(here: Installation) -> list[tuple[str, str, str | None]]:
    with here.database.reading() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(row.who, row.what, row.ref) for row in rows if row.what != "set up"]


def test_a_pause_holds_at_the_next_fence_and_a_resumed_digest_reaches_everyone_once(
    planned: Installation, postbox: Postbox
) -> None:
    with standing_still(planned, postbox):
        pause(planned)
    assert postbox.messages == 16, "what was on the wire ends with its outcome, and nothing more is written"
    status = planned.status()
    assert (status.state, status.counts[State.SENT], status.counts[State.QUEUED]) == (DigestState.PAUSED, 16, 44)
    assert is_sound(planned)
    planned.deliver()
    assert postbox.messages == 16
    resume(planned)
    planned.deliver()
    assert Counter(map(len, postbox.taken.values())) == {1: 60}
    assert planned.status().state is DigestState.SENT
    assert deeds(planned)[-2:] == [("test", "digest paused", "2019-W41"), ("test", "digest resumed", "2019-W41")]


def test_a_cancel_in_mid_run_leaves_nothing_open(planned: Installation, postbox: Postbox) -> None:
    with standing_still(planned, postbox):
        assert cancel(planned) == Reach(have=8, may_have=8, without=44)
        assert ends(planned) == {("sent", None): 8, ("sending", None): 8, ("skipped", "cancelled"): 44}
    assert postbox.messages == 16
    assert ends(planned) == {("sent", None): 16, ("skipped", "cancelled"): 44}
    assert planned.status().state is DigestState.CANCELLED
    assert is_sound(planned)
    planned.clock.forward(hours=1)
    planned.deliver()
    assert postbox.messages == 16
    assert deeds(planned)[-1] == ("test", "digest cancelled", "2019-W41")
    with pytest.raises(Cancelled):
        planned.plan()


def test_what_a_server_puts_off_after_the_cancel_is_owed_no_more(planned: Installation, postbox: Postbox) -> None:
    for place in range(20, 60):
        postbox.at_dot[f"en-full-{place}@example.org"] = "451 4.3.0 later"
    with standing_still(planned, postbox, after=19):
        cancel(planned)
        assert planned.status().counts[State.SENDING] == 8
    status = planned.status()
    assert not any(status.counts[state] for state in OPEN)
    assert status.counts[State.SENT] == postbox.messages == 20
    assert ends(planned)["skipped", "cancelled"] == 40
    assert is_sound(planned)


def test_a_crash_on_a_cancelled_digest_leaves_doubt_and_nothing_owed(planned: Installation, postbox: Postbox) -> None:
    assert planned.settings.on_doubt == "resend"
    with standing_still(planned, postbox):
        cancel(planned)
        with planned.database.transaction() as session:
            session.execute(update(WorkerRow).values(lease_until=0))
            sweep(session, resend=True)
        assert ends(planned) == {("sent", None): 8, ("doubtful", None): 8, ("skipped", "cancelled"): 44}
    upkeep(planned)
    assert ends(planned)["doubtful", None] == 8, "a worker that has lost its lease writes nothing more"
    assert is_sound(planned)


def test_a_cut_connection_on_a_cancelled_digest_leaves_doubt(planned: Installation, postbox: Postbox) -> None:
    for place in range(20, 60):
        postbox.at_dot[f"en-full-{place}@example.org"] = ""  # keeps the message and hangs up
    with standing_still(planned, postbox, after=19):
        cancel(planned)
        on_the_wire = planned.status().counts[State.SENDING]
    status = planned.status()
    assert on_the_wire == 8
    assert not any(status.counts[state] for state in OPEN)
    assert status.counts[State.SENT] + status.counts[State.DOUBTFUL] == postbox.messages
    assert status.counts[State.DOUBTFUL] >= 7
    assert is_sound(planned)


def test_who_was_to_get_it_again_after_a_cut_is_in_doubt_when_it_is_cancelled(
    here: Installation, postbox: Postbox
) -> None:
    here.load_seeds()
    (reader,) = here.add_readers(1)
    postbox.at_dot[reader] = ""
    here.plan()
    here.deliver()
    assert here.status().counts[State.QUEUED] == 1, "it waits for its next try"
    assert cancel(here) == Reach(have=0, may_have=1, without=0)
    assert ends(here) == {("doubtful", None): 1}


def test_what_a_slice_could_not_close_is_closed_by_the_upkeep(planned: Installation) -> None:
    """A worker gave a batch back in the instant of the cancel; one of its rows had crashed before."""
    with planned.database.transaction() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
        rows[0].crashes = 1
        rows[1].state = State.DEFERRED
        session.execute(update(DigestRow).values(state=DigestState.CANCELLED))
    assert not is_sound(planned)
    upkeep(planned)
    assert ends(planned) == {("doubtful", None): 1, ("skipped", "cancelled"): 59}
    assert is_sound(planned)
    with planned.database.reading() as session:
        assert session.scalars(select(BatchRow)).all() == []


def test_a_row_on_the_wire_keeps_its_batch_so_that_it_is_found(planned: Installation) -> None:
    with planned.database.transaction() as session:
        first = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id)).first()
        session.execute(update(DeliveryRow).where(DeliveryRow.id == first).values(state=State.SENDING))
        session.execute(update(DigestRow).values(state=DigestState.CANCELLED))
    upkeep(planned)
    assert ends(planned) == {("sending", None): 1, ("skipped", "cancelled"): 59}
    with planned.database.reading() as session:
        account = publishing.check(session, WEEK)
    assert (account.unattended, account.leftover) == (1, 1)


def test_a_cancelled_digest_leaves_another_alone(planned: Installation, postbox: Postbox) -> None:
    planned.load_seeds()
    with planned.database.transaction() as session:
        publishing.send(session, planned.publication, LAST, now=planned.clock(), who="test", batch_size=1000)
    cancel(planned)
    upkeep(planned)
    planned.deliver()
    assert planned.status(LAST).state is DigestState.SENT
    assert postbox.messages == planned.status(LAST).counts[State.SENT] == 60


def test_cancelling_while_workers_are_at_full_speed_loses_nobody(
    install: Callable[..., Installation], postbox: Postbox
) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=8, batch_size=50, slices_per_letter=3)
    here.load_seeds()
    here.add_readers(900)
    here.plan()
    _ = here.keyring, here.servers
    with ThreadPoolExecutor(3) as workers:
        slices = [workers.submit(here.deliver) for _ in range(3)]
        postbox.wait("messages", 200)
        reach = cancel(here)
        for one in slices:
            one.result()
    upkeep(here)
    status = here.status()
    assert not any(status.counts[state] for state in OPEN)
    assert status.counts[State.SENT] == postbox.messages < 900
    assert reach.have <= status.counts[State.SENT] <= reach.have + reach.may_have
    assert Counter(map(len, postbox.taken.values())) == {1: postbox.messages}
    assert is_sound(here)


@pytest.mark.parametrize(
    ("state", "deed", "words"),
    [
        (DigestState.ASSEMBLED, pause, "no digest is planned, so nothing can be paused"),
        (DigestState.PAUSED, pause, "the digest is paused already"),
        (DigestState.SENT, pause, "the digest is sent, and cannot be paused"),
        (DigestState.CANCELLED, pause, "the digest is cancelled, and cannot be paused"),
        (DigestState.EXPIRED, resume, "no digest is planned, so nothing can be resumed"),
        (DigestState.SENDING, resume, "the digest is sending, and cannot be resumed"),
        (DigestState.CANCELLED, resume, "the digest is cancelled, and cannot be resumed"),
        (DigestState.OPEN, cancel, "no digest is planned, so nothing can be cancelled"),
        (DigestState.SENT, cancel, "the digest is sent, and cannot be cancelled"),
        (DigestState.CANCELLED, cancel, "the digest is cancelled already"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_done_in_a_state_is_refused_and_changes_nothing(
    planned: Installation, state: DigestState, deed: Callable[[Installation], object], words: str
) -> None:
    with planned.database.transaction() as session:
        session.execute(update(DigestRow).values(state=state))
    before = ends(planned), deeds(planned)
    with pytest.raises(NotNow, match=f"^2019-W41: {words}"):
        deed(planned)
    assert (ends(planned), deeds(planned)) == before
    assert planned.status().state is state
