"""Who has a note in hand: one alone, under a lease, and never on the wire unrecorded."""

import asyncio
from collections.abc import Callable
from threading import Event

import pytest
from sqlalchemy import Connection, event, update

from newsletter.delivering import note_claims
from newsletter.delivering.note_claims import NoteClaims
from newsletter.delivering.note_writing import NoteWriting
from newsletter.outcomes import State
from newsletter.store import DatabaseAway, Session
from newsletter.store.notes import NoteRow, OwedNote, claim_notes, mark_note, notes_are_due, sweep_notes
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver, delivering, hello, owe, rows

__all__ = ["hello"]
pytestmark = pytest.mark.usefixtures("hello")


def test_two_who_deliver_at_once_send_each_note_once(here: Installation, postbox: Postbox) -> None:
    for place in range(40):
        owe(here, f"reader-{place}@example.org")
    with delivering(here, Event(), first := Event()), delivering(here, Event(), second := Event()):
        postbox.wait("messages", 40)
        first.set()
        second.set()
    assert {len(ids) for ids in postbox.taken.values()} == {1}
    assert {note.state for note in rows(here)} == {State.SENT}


def _lose_lease(here: Installation) -> None:
    with here.database.transaction() as session:
        session.execute(update(NoteRow).values(lease_until=0))


def claim(here: Installation, session: Session, holder: int) -> list[OwedNote]:
    return claim_notes(session, holder, kinds=["hello"], most=4, now=here.clock(), lease_seconds=60)


def test_who_has_lost_its_lease_marks_nothing(here: Installation) -> None:
    owe(here)
    with here.database.transaction() as session:
        (note,) = claim(here, session, 1)
        assert claim(here, session, 2) == []
        assert not notes_are_due(session, now=here.clock())
    _lose_lease(here)
    with here.database.transaction() as session:
        assert not mark_note(session, note.id, 1, now=here.clock())
        assert claim(here, session, 2)
        assert not mark_note(session, note.id, 1, now=here.clock())
        assert mark_note(session, note.id, 2, now=here.clock())


def test_what_a_dead_process_had_on_the_wire_is_owed_again_twice(here: Installation, postbox: Postbox) -> None:
    owe(here, digest="1")
    for crash in range(3):
        with here.database.transaction() as session:
            (note,) = claim(here, session, crash)
            assert mark_note(session, note.id, crash, now=here.clock())
        deliver(here)
        assert postbox.messages == 0, "its lease is alive"
        _lose_lease(here)
        with here.database.transaction() as session:
            sweep_notes(session)
    deliver(here)
    (row,) = rows(here)
    assert (row.state, row.crashes, row.sealed_to, row.facts) == (State.DOUBTFUL, 3, None, {})
    assert postbox.messages == 0


def test_a_lease_that_ends_while_others_are_swept_is_swept_the_next_time(here: Installation) -> None:
    owe(here)
    with here.database.transaction() as session:
        (note,) = claim(here, session, 1)
        assert mark_note(session, note.id, 1, now=here.clock())

    def it_ends(connection: Connection, *_: object) -> None:
        connection.execute(update(NoteRow).values(lease_until=0))

    event.listen(here.database.engine, "after_cursor_execute", it_ends, once=True)
    with here.database.transaction() as session:
        sweep_notes(session)
    (row,) = rows(here)
    assert (row.state, row.crashes, row.lease_until) == (State.SENDING, 0, 0)
    with here.database.transaction() as session:
        sweep_notes(session)
    (row,) = rows(here)
    assert (row.state, row.crashes, row.lease_until) == (State.QUEUED, 1, None)


def test_a_lease_is_renewed_while_a_note_is_on_the_wire(install: Callable[..., Installation], postbox: Postbox) -> None:
    here = install(smtp_url=postbox.url, lease_seconds=2)
    owe(here)
    postbox.hold()
    with delivering(here, Event(), Event()):
        postbox.wait("held", 1)
        (begun,) = rows(here)
        assert begun.lease_until is not None
        while (lease := rows(here)[0].lease_until or 0) < begun.lease_until + 4:
            assert lease > 0, "its lease was lost"
        postbox.release()
    (note,) = rows(here)
    assert (note.state, note.crashes) == (State.SENT, 0)


def test_a_process_that_wakes_up_after_its_lease_sends_nothing(here: Installation) -> None:
    owe(here)
    claims = NoteClaims(
        here.database,
        NoteWriting(here.publication, here.keyring, here.signers, digest_of=lambda _: None),
        clock=here.clock,
        lease_seconds=0.0,
        connections=1,
        limits={},
        per_minute=None,
        rung=Event(),
        linger=0.0,
        enough=lambda: False,
    )
    (envelope,) = claims.next()
    with here.database.transaction() as session:
        session.execute(update(NoteRow).values(lease_until=NoteRow.lease_until + 3600))  # as if the mark came in time
    assert asyncio.run(claims.mark(envelope.id)) is False
    assert rows(here)[0].state is State.SENDING, "the sweep decides"


def test_a_database_that_goes_away_leaves_the_note_to_the_next_who_comes(
    here: Installation, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(here)

    def gone(*_: object, **__: object) -> None:
        raise DatabaseAway("gone")

    with monkeypatch.context() as broken:
        for place in ("mark_note", "settle_note"):
            broken.setattr(note_claims, place, gone)
        with pytest.raises(DatabaseAway):
            deliver(here)
    assert postbox.messages == 0
    _lose_lease(here)
    deliver(here)
    assert postbox.messages == 1
