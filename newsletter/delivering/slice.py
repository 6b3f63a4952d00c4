"""A slice: one worker, one seat at a letter, up to a minute of claiming; the bell is rung again if rows are due."""

import socket
from collections.abc import Callable

from newsletter.clock import monotonic
from newsletter.delivering.addressing import Addressing
from newsletter.delivering.claims import Claims
from newsletter.delivering.conclusion import conclude
from newsletter.delivering.first_answers import first_answers
from newsletter.delivering.gate import LedgerGate
from newsletter.delivering.means import Means
from newsletter.delivering.pace import Paces
from newsletter.delivering.writer import Writer
from newsletter.store.batches import leave_seat, sweep, take_seat
from newsletter.store.letters import LetterRow
from newsletter.store.servers import standings
from newsletter.transport import Transport


def deliver_slice(letter_id: int, here: Means, *, stop: Callable[[], bool] = lambda: False) -> bool:
    """Deliver what is due of a letter for a while; return whether anything, of this letter or another, is due still.

    Does nothing if every seat is taken, or every server is out.  `stop` ends it early: what is on the wire is finished,
    the rest is released.
    """
    database, settings, servers = here.database, here.settings, here.servers
    resend = settings.on_doubt == "resend"
    started = lease_since = monotonic()
    with database.transaction() as session:
        sweep(session, resend=resend)
        known = standings(session, [server.label for server in servers])
        fit = [server for server in servers if not known[server.label].out_for]
        worker_id = fit and take_seat(
            session,
            letter_id,
            seats=settings.slices_per_letter,
            host=socket.gethostname(),
            lease_seconds=settings.lease_seconds,
        )
    if not worker_id:
        return False
    with database.reading() as session:
        digest_id = session.get_one(LetterRow, letter_id).digest_id
        first = first_answers(session, digest_id, {server.label: known[server.label] for server in fit})

    def enough() -> bool:
        return (
            gate.lost
            or writer.away
            or claims.halted
            or first.all_refuse
            or stop()
            or monotonic() - started > settings.slice_seconds
        )

    paces = Paces(database, fit, known, refuses=first.refuses)
    claims = Claims(
        database,
        letter_id,
        worker_id,
        addressing=Addressing(database, here.keyring, here.signers),
        clock=here.clock,
        resend=resend,
        enough=enough,
        first=first,
        paces=paces,
        per_minute=settings.per_minute,
    )
    writer = Writer(
        database,
        worker_id,
        lease_seconds=settings.lease_seconds,
        lease_since=lease_since,
        clock=here.clock,
        done=claims.done,
    )
    gate = LedgerGate(writer, claims.rule)
    try:
        report = Transport(*fit, stop=lambda: gate.lost or stop(), enough=enough, pace=paces).deliver(claims.next, gate)
    finally:
        gate.close()
    if gate.lost:
        return False  # what is in doubt, the sweep decides when the lease has ended: the seat is kept until then
    with database.transaction() as session:
        leave_seat(session, worker_id)
    return conclude(database, letter_id, report, first, servers=servers, now=here.clock(), stopped=stop())
