"""Working off what came in: a batch at a time, whoever rings and how often; one odd message never stops the next."""

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from newsletter import bouncing
from newsletter.badnews import BounceReport
from newsletter.bouncing import Policy
from newsletter.inbound import Help, Ignored, Join, Latest, Received, Source, Unclear, WayOut, read, unpack
from newsletter.receiving.attacks import watch_askings
from newsletter.receiving.deeds import Case, Deed, act
from newsletter.receiving.desk import Desk
from newsletter.sealing import Unsealable
from newsletter.store import DatabaseBusy, Session
from newsletter.store.notices import add_notice
from newsletter.store.received import TRIES, Taken, finish, put_off, take, to_review
from newsletter.windows import CONFIRMED, HOUR, Limit

log = logging.getLogger(__name__)

MOST = 20
"""Messages that are worked off in one transaction."""

LATER = timedelta(minutes=15)
"""Before an answer is tried again that was one too many in its hour."""

SOON = timedelta(minutes=1)
"""Before a message is tried again that the database turned away, because somebody else was at it."""

ANSWERS = (Join, Latest, WayOut, Help)
"""What anybody can have us answer to anybody: so many an hour in all.  Who confirms was asked by us."""

Found: TypeAlias = tuple[Taken, Received]


@dataclass(frozen=True, slots=True)
class Worked:
    """What a run has come to: how many messages, and whether notes or letters are owed now."""

    messages: int = 0
    notes: bool = False
    letters: bool = False


def work_off(here: Desk, *, enough: Callable[[], bool] = lambda: False) -> Worked:
    """Work off what waits, those first whom a person waits for, until nothing does or it is `enough`.

    Ring for what is owed then.
    """
    messages, notes, letters = 0, False, False
    while not enough():
        with here.database.transaction() as session:
            batch = take(session, most=MOST, now=here.clock())
        if not batch:
            break
        deeds = _act(here, [(taken, _read(here, taken)) for taken in batch])
        messages += len(batch)
        notes = notes or any(deed.notes for deed in deeds)
        letters = letters or any(deed.letters for deed in deeds)
    return Worked(messages, notes, letters)


def _read(here: Desk, taken: Taken) -> Received:
    """Return what a message is found to be."""
    if taken.attempts > 2 * TRIES:  # by itself, too, it has come to nothing, or has taken a process down with it
        return Unclear(f"could not be worked off, {2 * TRIES} times")
    try:
        content = here.keyring.open_octets(taken.sealed or b"", bound_to=taken.ref)
        return read(unpack(Source(taken.source), content), here.publication, here.keyring)
    except Unsealable:
        return Unclear("its seal cannot be opened with this key file")
    except Exception as error:  # whatever is wrong with one, it is not to stop the others
        _say(error)
        return Unclear(f"could not be read: {type(error).__name__}")


def _act(here: Desk, batch: Sequence[Found]) -> list[Deed]:
    """Do what is called for, and write down in the same transaction what was done.

    Reports share one, in the order of whom they are about: two workers never wait for each other crosswise.  All else
    has one of its own: it may be about several addresses, and what has failed before is not to fail the others.
    """
    reports = sorted((one for one in batch if _comes_in_storms(one)), key=lambda one: _about(one[1]))
    deeds = [deed for one in batch if not _comes_in_storms(one) for deed in _together(here, [one])]
    return deeds + (_together(here, reports) if reports else [])


def _comes_in_storms(one: Found) -> bool:
    taken, found = one
    return taken.attempts <= TRIES and (
        isinstance(found, Ignored) or (isinstance(found, BounceReport) and found.suspect.is_proven)
    )


def _about(found: Received) -> bytes:
    return (isinstance(found, BounceReport) and found.suspect.whose) or b""


def _together(here: Desk, batch: Sequence[Found]) -> list[Deed]:
    now = here.clock()
    deeds = []
    with here.database.transaction() as session:
        for taken, found in batch:
            try:
                with session.begin_nested():
                    deed = act(found, Case(session, here, taken, now, here.today))
                    if not _write_down(session, taken, deed):
                        raise _Overtaken
                    if deed.notes and isinstance(found, ANSWERS) and not _has_room(here):
                        raise _TooMany
            except _Overtaken:
                continue
            except _TooMany:
                put_off(session, taken, now + LATER)
                add_notice(session, "answers-limit", now=now)
            except DatabaseBusy:  # not the message's fault: whoever was at the same rows is done in a moment
                put_off(session, taken, now + SOON)
            except Exception as error:  # it stays where it is and is tried again, at last by itself
                _say(error)
            else:
                deeds.append(deed)
        if any(deed.review for deed in deeds):
            add_notice(session, "review", now=now)
        judged = [deed.judged for deed in deeds if deed.judged is not None]
        bouncing.conclude(session, here.keyring, judged, policy=Policy.of(here.settings), now=now)
    watch_askings(here, sum(deed.asks for deed in deeds))
    confirmed = sum(deed.confirms for deed in deeds)
    if confirmed:
        here.windows.tell(CONFIRMED, now=now, times=confirmed)
    return deeds


def _has_room(here: Desk) -> bool:
    return here.windows.count(Limit("answers", here.settings.answers_in_all, HOUR))


class _Overtaken(Exception):  # not an error: somebody else has it, so nothing of ours is to stay
    pass


class _TooMany(Exception):  # not an error: it waits
    pass


def _write_down(session: Session, taken: Taken, deed: Deed) -> bool:
    if deed.review:
        return to_review(session, taken, deed.what)
    return finish(session, taken, deed.what, keep=deed.keep)


def _say(error: Exception) -> None:
    # The error's own text may quote the message: only its kind and place are for the log.
    last = traceback.extract_tb(error.__traceback__)[-1]
    log.error("a message could not be worked off: %s at %s:%s", type(error).__name__, last.filename, last.lineno)
