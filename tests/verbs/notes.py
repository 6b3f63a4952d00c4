"""Notes as tests owe and deliver them: a kind of their own for readers, and the operator's."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import select

from newsletter import addresses
from newsletter.delivering import deliver_notes
from newsletter.delivering.note_writing import WRITERS, Desk
from newsletter.languages import Language
from newsletter.letters import Letter, write_notice
from newsletter.store.notes import NoteRow, owe_note
from newsletter.store.servers import forget_failures
from tests.verbs.conftest import Installation

ANNA = "anna@example.org"


def _hello(desk: Desk, facts: Mapping[str, str], tongue: Language) -> Letter:
    if "broken" in facts:
        raise KeyError("no template says what to do with this")
    return write_notice(desk.publication, "late", {"tongue": tongue.code, **facts})


@pytest.fixture
def hello(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give readers' notes a kind: `hello`."""
    monkeypatch.setitem(WRITERS, "hello", _hello)


def owe(here: Installation, to: str = ANNA, per_day: int = 9, **facts: str) -> bool:
    """Owe somebody a `hello`."""
    with here.database.transaction() as session:
        return owe_note(
            session,
            here.keyring,
            "hello",
            addresses.parse(to),
            facts=facts,
            tongue="ru",
            now=here.clock(),
            per_day=per_day,
        )


def deliver(
    here: Installation, stop: Callable[[], bool] = lambda: False, rung: Event | None = None, linger: float = 0.0
) -> int:
    """Deliver what is due; return how many a server took."""
    return deliver_notes(here, stop=stop, rung=rung, linger=linger)


def try_servers_again(here: Installation) -> None:
    """Forget that servers are out, as time does."""
    with here.database.transaction() as session:
        forget_failures(session)


def rows(here: Installation) -> list[NoteRow]:
    """Return all notes, in the order they were owed."""
    with here.database.reading() as session:
        return list(session.scalars(select(NoteRow).order_by(NoteRow.id)))


@contextmanager
def delivering(here: Installation, rung: Event, stop: Event) -> Iterator[None]:
    """Deliver in another thread until told to stop, lingering."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(deliver, here, stop.is_set, rung, 60.0)
        try:
            yield
        finally:
            stop.set()
            running.result(60)
