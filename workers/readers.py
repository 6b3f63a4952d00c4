"""Answering those who ask to subscribe: the page wrote one row, the rest happens here."""

from newsletter import subscribing
from newsletter.notes import NoteKind
from newsletter.runtime import Runtime, runtime
from newsletter.store.notices import add_notice
from newsletter.windows import ASKED, judge
from workers.app import app
from workers.bells import ring_for_notes


@app.task
def answer_asking(asking_id: int) -> None:
    """Answer one asking, once, whoever rings and how often."""
    if answered(runtime(), asking_id):
        ring_for_notes()


def answered(here: Runtime, asking_id: int) -> NoteKind | None:
    """Answer one asking; return which mail is owed now.  What can be confirmed is held against what is."""
    now, settings = here.clock(), here.settings
    limits = subscribing.Limits(settings.confirm_per_day, settings.confirm_per_month)
    with here.database.transaction() as session:
        owed = subscribing.answer(session, here.keyring, asking_id, limits=limits, now=now)
    if owed is NoteKind.CONFIRM:
        here.windows.tell(ASKED, now=now)
        if judge(here.windows, settings, now=now):
            with here.database.transaction() as session:
                add_notice(session, "attack", now=now)
    return owed
