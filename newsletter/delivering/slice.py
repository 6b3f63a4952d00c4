"""A slice: one worker, one seat at a letter, up to a minute of claiming; the bell is rung again if rows are due."""

import socket
from collections.abc import Callable
from datetime import datetime

from newsletter.clock import Clock, monotonic
from newsletter.delivering.addressing import Addressing
from newsletter.delivering.claims import Claims
from newsletter.delivering.finishing import finish_digest
from newsletter.delivering.first_answers import FirstAnswers
from newsletter.delivering.gate import LedgerGate
from newsletter.delivering.writer import Writer
from newsletter.sealing import Keyring
from newsletter.settings import Settings
from newsletter.store import Database, Session
from newsletter.store.batches import due_letters, leave_seat, sweep, take_seat
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow
from newsletter.store.notices import add_notice
from newsletter.store.open_deliveries import anybody_has
from newsletter.transport import Report, Server, Transport


def deliver_slice(
    letter_id: int,
    *,
    database: Database,
    keyring: Keyring,
    server: Server,
    settings: Settings,
    clock: Clock,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Deliver what is due of a letter for a while; return whether anything, of this letter or another, is due still.

    Does nothing if every seat is taken.  `stop` ends it early: what is on the wire is finished, the rest is released.
    It takes the database, not a session: a transaction is never open while it waits for the network.
    """
    resend = settings.on_doubt == "resend"
    started = lease_since = monotonic()
    with database.transaction() as session:
        sweep(session, resend=resend)
        worker_id = take_seat(
            session,
            letter_id,
            seats=settings.slices_per_letter,
            host=socket.gethostname(),
            lease_seconds=settings.lease_seconds,
        )
    if worker_id is None:
        return False
    with database.reading() as session:
        first = FirstAnswers(taken=anybody_has(session, session.get_one(LetterRow, letter_id).digest_id))

    def enough() -> bool:
        return give_up() or monotonic() - started > settings.slice_seconds

    def give_up() -> bool:
        return stop() or gate.lost or first.all_refused

    claims = Claims(
        database,
        letter_id,
        worker_id,
        addressing=Addressing(database, keyring),
        clock=clock,
        resend=resend,
        enough=enough,
        first=first,
    )
    writer = Writer(
        database,
        worker_id,
        lease_seconds=settings.lease_seconds,
        lease_since=lease_since,
        clock=clock,
        done=claims.done,
    )
    gate = LedgerGate(writer, claims.rule)
    try:
        report = Transport(server, stop=give_up).deliver(claims.next, gate)
    finally:
        gate.close()
    if gate.lost:
        return False  # what is in doubt, the sweep decides when the lease has ended: the seat is kept until then
    with database.transaction() as session:
        leave_seat(session, worker_id)
    return _conclude(database, letter_id, report, first, now=clock(), stopped=stop())


def _conclude(
    database: Database, letter_id: int, report: Report, first: FirstAnswers, *, now: datetime, stopped: bool
) -> bool:
    with database.transaction() as session:
        digest = session.get_one(DigestRow, session.get_one(LetterRow, letter_id).digest_id, with_for_update=True)
        if report.out is not None:
            return _pause(session, digest, "server-out", str(report.out), now=now)
        if first.none_taken and not stopped and not anybody_has(session, digest.id):
            return _pause(session, digest, "content-refused", first.words, now=now)
        if report.unreachable:
            text = report.unreachable
            add_notice(session, "server-unreachable", now=now, text=text, week=digest.week, digest_id=digest.id)
            return False  # the beat rings again in a minute
        finish_digest(session, digest, now=now)
        return not stopped and bool(due_letters(session, now=now))


def _pause(session: Session, digest: DigestRow, kind: str, text: str, *, now: datetime) -> bool:
    """Pause a digest that the server refuses, whoever the reader: nobody is charged, and asking on would only annoy."""
    if digest.state is DigestState.SENDING:
        digest.state = DigestState.PAUSED
        add_notice(session, kind, now=now, text=text, week=digest.week, digest_id=digest.id, again=True)
    return False
