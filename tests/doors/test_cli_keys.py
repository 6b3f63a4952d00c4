"""`newsletter keys rotate`: everything is sealed with a new key, wherever it was stopped, and nothing is lost."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest
from sqlalchemy import select, update

from newsletter import addresses, subscribing
from newsletter.cli import rotation
from newsletter.keyfile import KID, read_keys
from newsletter.sealing import read_key_file
from newsletter.store.askings import AskingRow
from newsletter.store.audit import AuditRow
from newsletter.store.keys import SEALED
from newsletter.store.notes import NoteRow, owe_note
from newsletter.store.received import ReceivedRow, receive
from newsletter.store.subscribers import SubscriberRow
from newsletter.subscribing import Wish
from tests.servers.command import Command, environment
from tests.servers.crew import Nursery
from tests.servers.killed import SECOND_TIME, WRITING, WRITTEN, killed_rotation
from tests.servers.starting import Fresh
from tests.verbs.conftest import Installation

READERS = 7
VALUES = {"subscribers": READERS, "domains": 1, "notes": 3, "askings": 3, "received": 2}
ALL = sum(VALUES.values())


@pytest.fixture
def lived_in(command: Command) -> Command:
    """An installation with readers, with notes, askings and mail on their way, and some that are done and blank."""
    here = command.here
    here.add_readers(READERS)
    edition = here.publication.edition("en")
    with here.database.transaction() as session:
        for number in range(VALUES["notes"] + 1):
            to = addresses.parse(f"note-{number}@example.org")
            assert owe_note(session, here.keyring, "confirm", to, facts={}, tongue="en", now=here.clock(), per_day=1)
            wish = Wish(addresses.parse(f"asking-{number}@example.org"), edition, edition.languages)
            subscribing.ask(session, here.keyring, wish, tongue=edition.languages[0], door="web", now=here.clock())
        for number in range(VALUES["received"] + 1):
            content = b"\xff\x00 no text, %d" % number
            assert receive(session, here.keyring, content, same_as=content, source="lmtp", lane=0, now=here.clock())
        session.execute(update(ReceivedRow).where(ReceivedRow.id == 2).values(sealed=None))
        session.execute(update(NoteRow).where(NoteRow.id == 2).values(sealed_to=None, not_before=None))
        session.execute(update(AskingRow).where(AskingRow.id == 2).values(sealed=None))
    assert {rows: len(found) for rows, found in opened(here).items()} == VALUES
    return command


def opened(here: Installation) -> Mapping[str, Mapping[int, bytes]]:
    """Return what is sealed, as a process that starts now reads it."""
    ring = read_key_file(here.settings.keys)
    with here.database.reading() as session:
        return {
            one.rows: {
                id: ring.open_octets(value, bound_to=bound_to)
                for id, value, bound_to in session.execute(select(one.id, one.value, one.bound_to))
                if value is not None
            }
            for one in SEALED
        }


def kids(here: Installation) -> set[bytes]:
    """Return the ids of the keys with which something is sealed."""
    with here.database.reading() as session:
        return {value[:KID] for one in SEALED for value in session.scalars(select(one.value)) if value is not None}


def keys(here: Installation) -> list[bytes]:
    """Return the ids of the sealing keys, the one in use last."""
    return [key.kid for key in read_keys(here.settings.keys)["seal"]]


def test_everything_is_sealed_with_a_new_key_and_says_the_same(lived_in: Command) -> None:
    here = lived_in.here
    before, (old,) = opened(here), keys(here)
    answer = lived_in("keys", "rotate")
    assert (answer.code, answer.out) == (0, f"sealed again {ALL}, left 0\n")
    assert f"{here.settings.keys}: a new key is in use" in answer.err
    assert answer.err.splitlines()[-1] == f"sealing again: {ALL} of {ALL}"
    assert opened(here) == before
    assert keys(here)[0] == old
    assert kids(here) == {keys(here)[-1]} != {old}
    with here.database.reading() as session:
        assert session.scalars(select(AuditRow.what).order_by(AuditRow.id)).all()[-1] == "new sealing key"


def test_each_time_that_nothing_was_left_is_another_key(lived_in: Command) -> None:
    for number in (2, 3):
        assert lived_in("keys", "rotate").code == 0
        assert len(keys(lived_in.here)) == number
        assert kids(lived_in.here) == {keys(lived_in.here)[-1]}


def test_where_nothing_is_sealed_there_is_a_new_key_all_the_same(command: Command) -> None:
    assert command("keys", "rotate").out == "sealed again 0, left 0\n"
    assert len(keys(command.here)) == 2


@pytest.mark.parametrize("point", [WRITING, WRITTEN, SECOND_TIME])
def test_killed_anywhere_it_loses_nothing_and_goes_on_with_the_same_key(
    lived_in: Command, nursery: Nursery, point: tuple[str, str, int]
) -> None:
    here = lived_in.here
    before, given = opened(here), environment(here.settings)
    killed_rotation(given, point, start=nursery.start)
    assert opened(here) == before
    assert len(kids(here)) == (2 if point is SECOND_TIME else 1)
    if point is SECOND_TIME:
        killed_rotation(given, point, start=nursery.start)  # and once more, while it goes on
        assert opened(here) == before
    answer = lived_in("keys", "rotate")
    assert (answer.code, answer.out.endswith("left 0\n")) == (0, True)
    assert ("It is no more; for another key, give the command again" in answer.err) == (point is not WRITING)
    assert len(keys(here)) == 2
    assert kids(here) == {keys(here)[-1]}
    assert opened(here) == before
    assert [one.name for one in here.settings.keys.parent.glob(".newsletter.key.*")] == []


def test_small_transactions_come_to_the_same(lived_in: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened(lived_in.here)
    monkeypatch.setattr(rotation, "AT_ONCE", 1)
    assert lived_in("keys", "rotate").out == f"sealed again {ALL}, left 0\n"
    assert opened(lived_in.here) == before


def test_a_value_that_no_key_opens_is_counted_by_its_rows_and_stops_nobody_else(lived_in: Command) -> None:
    here = lived_in.here
    damaged, foreign = b"\xff" * 60, keys(here)[0] + b"\x00" * 60
    with here.database.transaction() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id.in_([2, 3])).values(sealed=damaged))
        session.execute(update(NoteRow).where(NoteRow.id == 3).values(sealed_to=foreign))
    for number in (2, 3):  # what cannot be opened does not stand in the way of another key for ever
        answer = lived_in("keys", "rotate")
        assert (answer.code, answer.out) == (1, f"sealed again {ALL - 3}, left 3\n")
        assert "subscribers: 2 sealed with a key that is not in" in answer.err
        assert "notes: 1 sealed with a key that is not in" in answer.err
        assert "@" not in answer.err
        assert len(keys(here)) == number
    with here.database.reading() as session:
        assert session.scalars(select(SubscriberRow.sealed).where(SubscriberRow.id.in_([2, 3]))).all() == [damaged] * 2


def test_a_key_for_several_hosts_opens_first_and_seals_when_it_is_put_in_use(lived_in: Command) -> None:
    here = lived_in.here
    (old,) = keys(here)
    for words in ("Added a key that opens, and seals nothing yet", "There is one already that is not in use yet"):
        answer = lived_in("keys", "rotate", "--add")
        assert (answer.code, answer.out) == (0, "newsletter keys rotate\n")
        assert words in answer.err
        coming, current = keys(here)
        assert (current, kids(here)) == (old, {old})
    here.add_readers(1, "be-ru")
    assert kids(here) == {old}
    assert lived_in("keys", "rotate").out == f"sealed again {ALL + 1}, left 0\n"
    assert keys(here) == [old, coming]
    assert kids(here) == {coming}


def test_what_is_written_with_the_older_key_meanwhile_is_sealed_again_too(
    lived_in: Command, install: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that was under way has sealed its rows and commits them when the work seems to be done."""
    here, other = lived_in.here, install()
    edition = other.publication.edition("en")
    late = [Wish(addresses.parse(f"late-{number}@example.org"), edition, edition.languages) for number in range(3)]
    held = other.keyring._held
    first_pass = rotation.Resealing._pass

    def with_a_latecomer(self: rotation.Resealing, *given: object) -> None:
        first_pass(self, *given)  # type: ignore[arg-type]
        if late:
            monkeypatch.setattr(other.keyring, "_newest", lambda: held)
            with other.database.transaction() as session:
                subscribing.add(session, other.keyring, late, today=date(2019, 10, 1))
            late.clear()

    monkeypatch.setattr(rotation.Resealing, "_pass", with_a_latecomer)
    assert lived_in("keys", "rotate").out == f"sealed again {ALL + 3}, left 0\n"
    assert kids(here) == {keys(here)[-1]}


def test_a_process_that_runs_reads_and_writes_with_the_new_key(
    lived_in: Command, install: Callable[..., Installation], nursery: Nursery
) -> None:
    here, running = lived_in.here, install()
    old = running.keyring.in_use("seal")  # it has the keys in memory
    # On one of the two engines as an operator starts it.
    killed_rotation(environment(here.settings), start=Fresh if here.database.is_sqlite else nursery.start)
    late = {"late@example.org"}
    edition = running.publication.edition("en")
    with running.database.transaction() as session:
        wishes = [Wish(addresses.parse(one), edition, edition.languages) for one in late]
        subscribing.add(session, running.keyring, wishes, today=date(2019, 10, 1))
    with running.database.reading() as session:
        rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).all()
    assert {running.keyring.open_octets(row.sealed, bound_to=row.ref) for row in rows} == set(
        opened(here)["subscribers"].values()
    )
    assert rows[-1].sealed[:KID] == keys(here)[-1] != old
