"""Answering those who ask to subscribe: the page wrote one row, the rest happens here."""

import logging

from newsletter import subscribing
from newsletter.notes import NoteKind
from newsletter.receiving import watch_askings
from newsletter.runtime import Runtime, runtime
from newsletter.store.askings import unanswered
from workers.app import app
from workers.bells import ring_for_notes

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Askings that are answered before the notes they call for are rung for."""


@app.task
def answer_askings() -> None:
    """Answer all askings that wait, each once, whoever rings and how often."""
    answer_waiting(runtime())


def answer_waiting(here: Runtime) -> int:
    """Answer all askings that wait, oldest first, and ring for the notes; return how many are owed now."""
    owed = after = 0
    while True:
        with here.database.reading() as session:
            waiting = unanswered(session, after=after, limit=AT_ONCE)
        if not waiting:
            return owed
        kinds = [kind for id in waiting if (kind := _answered(here, id)) is not None]
        watch_askings(here, kinds.count(NoteKind.CONFIRM))
        if kinds:
            ring_for_notes()
        owed, after = owed + len(kinds), waiting[-1]


def _answered(here: Runtime, asking_id: int) -> NoteKind | None:
    limits = subscribing.Limits(here.settings.confirm_per_day, here.settings.confirm_per_month)
    try:
        with here.database.transaction() as session:
            return subscribing.answer(session, here.keyring, asking_id, limits=limits, now=here.clock())
    except Exception:  # whatever is wrong with one, it is not to stop the others; the beat rings for it again
        log.exception("an asking could not be answered")
        return None
