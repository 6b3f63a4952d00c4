"""Notes beside everything else: never behind a slice, and never lost with a worker that is killed."""

import os
from collections.abc import Callable
from pathlib import Path

import redis
from sqlalchemy import select

from newsletter.outcomes import State
from newsletter.store.notes import NoteRow
from newsletter.store.notices import add_notice
from tests.journeys.site import Site
from tests.servers.postbox import Postbox

CONNECTIONS = 4
SETTINGS = {"SMTP_CONNECTIONS": str(CONNECTIONS), "LEASE_SECONDS": "2"}


def owe(here: Site, text: str = "") -> None:
    """Owe the operator a note and ring, as a door does."""
    with here.here.database.transaction() as session:
        add_notice(session, "late", now=here.here.clock(), text=text, again=True)
    here.ring("workers.notes.deliver_notes", "notes")


def notes(here: Site) -> list[NoteRow]:
    with here.here.database.reading() as session:
        return list(session.scalars(select(NoteRow).order_by(NoteRow.id)))


def all_sent(here: Site) -> bool:
    return {note.state for note in notes(here)} == {State.SENT}


def test_a_note_arrives_although_the_server_holds_every_connection_of_a_running_delivery(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here = site(**SETTINGS)
    here.run("load", "seeds")
    readers = here.import_readers(100)
    here.hire("many at once")
    postbox.hold()
    here.run("digest", "send", "2019-W41")
    postbox.wait("held", CONNECTIONS)
    for number in (1, 2):  # the second while the first is held in its turn
        owe(here)
        postbox.wait("messages", CONNECTIONS + number)
    operator = here.here.publication.operator_email
    assert len(postbox.taken[operator]) == 2
    assert set(postbox.taken) <= {operator, *readers}
    postbox.release()
    here.ring_until_sent()
    here.wait_for(lambda: all_sent(here))


def test_a_worker_for_notes_alone_leaves_everything_else_to_others(
    site: Callable[..., Site], postbox: Postbox, valkey_socket: Path
) -> None:
    here = site()
    here.ring()
    here.hire("notes")
    owe(here)
    postbox.wait("messages", 1)
    with redis.Redis(unix_socket_path=os.fspath(valkey_socket)) as connection:
        assert connection.llen("newsletter") == 1


def test_a_kill_in_the_middle_loses_no_note_and_what_comes_again_has_the_same_name(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here = site(**SETTINGS)
    worker = here.hire("many at once")
    postbox.hold()
    for number in range(6):
        owe(here, text=str(number))
    postbox.wait("held", 4)
    worker.kill()
    here.workers.remove(worker)
    postbox.wait("closed", 4)
    postbox.release()
    here.hire("many at once")

    def again() -> bool:
        here.ring()
        return all_sent(here)

    here.wait_for(again)
    sent = postbox.taken[here.here.publication.operator_email]
    assert len(set(sent)) == 6, "lost"
    assert len(sent) == 6 + 4, "once more for each that was on the wire"
    assert sorted(note.crashes for note in notes(here)) == [0, 0, 1, 1, 1, 1]


def test_nothing_in_the_broker_or_the_log_says_to_whom(
    site: Callable[..., Site], postbox: Postbox, valkey_socket: Path
) -> None:
    here = site()
    owe(here)
    with redis.Redis(unix_socket_path=os.fspath(valkey_socket)) as connection:
        (waiting,) = connection.lrange("notes", 0, -1)
        everything = b"".join(connection.dump(key) for key in connection.scan_iter())
    assert b"deliver_notes" in waiting
    assert here.here.publication.operator_email.encode() not in waiting + everything
    here.hire("many at once")
    here.wait_for(lambda: all_sent(here))
    assert "@example" not in (here.folder / "worker.log").read_text()
