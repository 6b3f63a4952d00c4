"""Holding a digest that is being delivered: pause, resume, cancel.  All take effect at the next fence."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import OperatorError
from newsletter.outcomes import State
from newsletter.store import Session
from newsletter.store.audit import add_audit
from newsletter.store.batches import hurry
from newsletter.store.deliveries import tally
from newsletter.store.digests import PLANNED, DigestRow, DigestState, digest_of, lock_digest
from newsletter.store.holding import end_open
from newsletter.store.servers import forget_failures
from newsletter.weeks import Week

CANCELLABLE = (DigestState.SENDING, DigestState.PAUSED)


class NotNow(OperatorError):
    """The digest is not in a state in which that can be done; the text says in which it is."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many readers have a digest, how many may have it (on the wire, in doubt), and how many have none."""

    have: int
    may_have: int
    without: int


def planned_digest(session: Session, week: Week, *wanted: DigestState, done: str) -> DigestRow:
    """Return the week's digest, locked, if it is in one of the states `wanted`.

    Raises
    NotNow: it is in none; `done` is the word for what cannot be done, like "paused".
    """
    row = lock_digest(session, week)
    _check(week, row.state, wanted, done)
    return row


def _check(week: Week, state: DigestState, wanted: tuple[DigestState, ...], done: str) -> None:
    if state not in PLANNED:
        raise NotNow(f"{week}: no digest is planned, so nothing can be {done}")
    if state == done:
        raise NotNow(f"{week}: the digest is {state} already")
    if state not in wanted:
        raise NotNow(f"{week}: the digest is {state}, and cannot be {done}")


def pause(session: Session, week: Week, *, now: datetime, who: str) -> None:
    """Let nothing more be sent until it is resumed; what is on the wire ends with its outcome.

    Raises
    NotNow
    """
    row = planned_digest(session, week, DigestState.SENDING, done="paused")
    row.state = DigestState.PAUSED
    add_audit(session, now=now, who=who, what="digest paused", ref=str(week))


def resume(session: Session, week: Week, *, now: datetime, who: str) -> None:
    """Let a paused digest go on.

    Raises
    NotNow
    """
    go_on(session, planned_digest(session, week, DigestState.PAUSED, done="resumed"), now=now, who=who)


def go_on(session: Session, row: DigestRow, *, now: datetime, who: str) -> None:
    """Let a paused, locked digest go on."""
    row.state = DigestState.SENDING
    session.flush()
    hurry(session, row.id)
    forget_failures(session)
    add_audit(session, now=now, who=who, what="digest resumed", ref=row.week)


def reopen(row: DigestRow) -> None:
    """Let a locked digest be delivered again if it was sent: something more is owed of it."""
    if row.state is DigestState.SENT:
        row.state = DigestState.SENDING


def reach(session: Session, week: Week) -> Reach:
    """Return what a digest that could be cancelled now has come to.

    Raises
    NotNow
    """
    row = digest_of(session, week)
    _check(week, row.state if row else DigestState.OPEN, CANCELLABLE, "cancelled")
    return _reach(session, row.id if row else 0)


def cancel(session: Session, week: Week, *, now: datetime, who: str) -> Reach:
    """End a digest: what is owed still is owed no more; what is on the wire ends with its outcome.

    Whom an earlier try may have reached ends as doubtful, everybody else who was still owed it as skipped.

    Raises
    NotNow
    """
    row = planned_digest(session, week, *CANCELLABLE, done="cancelled")
    row.state = DigestState.CANCELLED
    session.flush()
    end_open(session, row.id)
    add_audit(session, now=now, who=who, what="digest cancelled", ref=str(week))
    return _reach(session, row.id)


def _reach(session: Session, digest_id: int) -> Reach:
    counted = tally(session, digest_id)
    states = counted.states
    may_have = states[State.SENDING] + states[State.DOUBTFUL]
    return Reach(states[State.SENT], may_have, counted.planned - states[State.SENT] - may_have)
