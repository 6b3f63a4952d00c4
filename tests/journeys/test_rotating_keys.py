"""A new sealing key under a service that runs: killed twice on the way, while workers with the old one send."""

from collections.abc import Callable

import pytest

from newsletter import publishing, subscribing, tokens
from newsletter.keyfile import KID, read_keys
from newsletter.store.digests import DigestState
from newsletter.store.keys import SEALED
from newsletter.store.notices import unseen_notices
from newsletter.store.received import ReceivedRow, ReceivedState, receive
from newsletter.store.subscribers import SubscriberRow
from newsletter.weeks import Week
from tests.journeys.site import Site, prepare
from tests.servers.killed import killed_rotation
from tests.servers.postbox import Postbox

EARLIER = Week(2019, 12)
READERS, LATE = 20, 5
REPORT = b"\xff no text"


def kids(here: Site) -> set[bytes]:
    """Return the ids of the keys with which readers are sealed."""
    with here.here.database.reading() as session:
        return {value[:KID] for (value,) in session.query(SubscriberRow.sealed)}


def send(here: Site, week: Week) -> None:
    """Plan a week for everybody and have the worker that runs send it."""
    size = here.here.settings.batch_size
    with here.here.database.transaction() as session:
        publishing.send(session, here.here.publication, week, now=here.here.clock(), who="test", batch_size=size)
    here.ring()
    here.wait_for(lambda: here.tally(week)[0] is DigestState.SENT)


def keep_report(here: Site) -> None:
    """Have a report lie in the database that was worked off."""
    with here.here.database.transaction() as session:
        receive(session, here.here.keyring, REPORT, same_as=REPORT, source="lmtp", lane=1, now=here.here.clock())
        session.query(ReceivedRow).update({"state": ReceivedState.DONE, "not_before": None})


def report(here: Site) -> tuple[bytes, bytes]:
    """Return the id of the key with which the report is sealed, and what it says."""
    with here.here.database.reading() as session:
        ((ref, sealed),) = session.query(ReceivedRow.ref, ReceivedRow.sealed).all()
    assert sealed is not None
    return sealed[:KID], here.here.keyring.open_octets(sealed, bound_to=ref)


def everybody(here: Site) -> dict[bytes, str]:
    """Return `ref` and address of every reader, opened by a process that has run since before the change."""
    with here.here.database.reading() as session:
        rows = session.query(SubscriberRow.ref, SubscriberRow.sealed).all()
    return {ref: here.here.keyring.open(sealed, bound_to=ref) for ref, sealed in rows}


def test_workers_that_run_go_on_sending_whatever_each_reader_is_sealed_with(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here = site()
    readers = prepare(here.here, READERS)
    here.hire()
    here.ring_until_sent()  # the worker has the keys in its memory now
    before = everybody(here)
    keep_report(here)

    killed_rotation(here.environment, at_once=3)
    assert len(kids(here)) == 2
    assert everybody(here) == before
    send(here, EARLIER)
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 2)

    # Somebody leaves, by a link from before, and the next attempt is killed, too.
    gone, address = next(iter(before.items()))
    with here.here.database.transaction() as session:
        link = tokens.make(here.here.keyring, tokens.Purpose.LEAVE, gone)
        assert subscribing.leave(session, here.here.keyring, link, today=here.here.clock().date())
    killed_rotation(here.environment, at_once=3)
    assert len(kids(here)) == 2

    assert "left 0" in here.run("keys", "rotate").stdout
    keys = read_keys(here.here.settings.keys)["seal"]
    assert len(keys) == 2
    assert kids(here) == {keys[-1].kid}
    assert report(here) == (keys[-1].kid, REPORT)
    assert everybody(here) == {ref: one for ref, one in before.items() if ref != gone}

    late = [f"late-{number}@example.org" for number in range(LATE)]
    file = here.folder / "late.csv"
    file.write_text("email,edition\n" + "".join(f"{one},en\n" for one in [*late, address]))
    said = here.run("subscribers", "import", "--welcome", str(file))
    assert f"added {LATE}, already there 0" in said.stdout
    assert "left before, not added: 1" in said.stderr
    here.wait_for(lambda: set(late) <= set(postbox.taken))
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 2) | dict.fromkeys(late, 1)
    with here.here.database.reading() as session:
        assert [notice.kind for notice in unseen_notices(session) if notice.kind == "unsealable"] == []
    assert "@example" not in (here.folder / "worker.log").read_text()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_hosts_with_files_of_their_own_never_meet_a_key_they_do_not_have(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here = site()
    readers = prepare(here.here, READERS)
    # The other host has a copy of the file, and the worker.
    mine, theirs = here.here.settings.keys, here.folder / "other-host.key"
    theirs.write_bytes(mine.read_bytes())
    theirs.chmod(0o600)
    there = Site({**here.environment, "NEWSLETTER_KEY_FILE": str(theirs)}, here.folder, here.nursery)
    try:
        there.hire()
        here.ring_until_sent()
        here.run("keys", "rotate", "--add")
        theirs.write_bytes(mine.read_bytes())
        here.run("keys", "rotate")
        send(here, EARLIER)
        assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 2)
        assert "sealed again 0, left 0" in there.run("keys", "rotate").stdout
        assert [key.kid for key in read_keys(theirs)["seal"]] == [key.kid for key in read_keys(mine)["seal"]]
    finally:
        there.close()
    with here.here.database.reading() as session:
        sealed = {value[:KID] for one in SEALED for (value,) in session.query(one.value) if value is not None}
    assert sealed == {read_keys(mine)["seal"][-1].kid}
