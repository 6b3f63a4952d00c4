"""The account: sound at every instant of a run, and every fault that may not be is found."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, update

from newsletter import publishing
from newsletter.outcomes import State
from newsletter.publishing import Account
from newsletter.store import Session
from newsletter.store.batches import BatchRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.midrun import standing_still


def look(here: Installation) -> Account:
    with here.database.reading() as session:
        return publishing.check(session, WEEK)


def test_it_is_sound_before_and_after_and_in_the_middle(planned: Installation, postbox: Postbox) -> None:
    assert look(planned).is_sound
    with standing_still(planned, postbox):
        assert look(planned).is_sound
        assert look(planned).counted.states[State.SENDING] == 8
    assert look(planned).is_sound
    assert look(planned).to_json() == {
        "week": "2019-W41", "state": "sent", "planned": 60, "queued": 0, "deferred": 0, "sending": 0, "sent": 60,
        "refused": 0, "doubtful": 0, "skipped": 0, "balances": True, "uncovered": 0, "unattended": 0, "leftover": 0,
        "sound": True,
    }  # fmt: skip


def test_it_is_sound_at_every_instant_of_a_run(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=postbox.url, smtp_connections=8, batch_size=20, slices_per_letter=2)
    here.load_seeds()
    here.add_readers(500)
    here.plan()
    _ = here.keyring, here.servers
    slices = [threading.Thread(target=here.deliver) for _ in range(2)]
    for one in slices:
        one.start()
    faults, looks = [], 0
    while any(one.is_alive() for one in slices):
        account = look(here)
        looks += 1
        if not account.is_sound:
            faults.append(account)
    assert faults == []
    assert looks > 1
    assert postbox.messages == 500


def _lose_a_row(session: Session) -> None:
    session.execute(delete(DeliveryRow).where(DeliveryRow.id == select(DeliveryRow.id).limit(1).scalar_subquery()))


def _lose_a_batch(session: Session) -> None:
    session.execute(delete(BatchRow))


def _mark_for_nobody(session: Session) -> None:
    row = session.scalars(select(DeliveryRow)).first()
    assert row is not None
    row.state = State.SENDING


def _end_it(session: Session) -> None:
    session.execute(update(DeliveryRow).values(state=State.SENT))
    session.execute(update(DigestRow).values(state=DigestState.SENT))


def _end_it_too_soon(session: Session) -> None:
    session.execute(update(DigestRow).values(state=DigestState.SENT))


def _two_batches_hide_nothing(session: Session) -> None:
    """A row in no batch is seen, though another one stands in two."""
    batch = session.scalars(select(BatchRow)).one()
    batch.lo += 1
    values = {"letter_id": batch.letter_id, "lo": batch.hi, "hi": batch.hi, "not_before": batch.not_before}
    session.execute(insert(BatchRow).values(values))


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (_lose_a_row, ["balances"]),
        (_lose_a_batch, ["uncovered"]),
        (_mark_for_nobody, ["unattended"]),
        (_end_it, ["leftover"]),
        (_end_it_too_soon, ["leftover"]),
        (_two_batches_hide_nothing, ["uncovered"]),
    ],
)
def test_each_fault_is_found_and_named(
    planned: Installation, spoil: Callable[[Session], None], faults: list[str]
) -> None:
    with planned.database.transaction() as session:
        spoil(session)
    account = look(planned)
    found = [name for name in ("uncovered", "unattended", "leftover") if getattr(account, name)]
    assert found + ["balances"] * (not account.counted.balances) == faults
    assert not account.is_sound


def test_a_week_that_nobody_planned_is_sound(here: Installation) -> None:
    assert look(here).is_sound
    assert look(here).state is DigestState.OPEN
