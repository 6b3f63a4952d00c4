"""Delivering notes: over connections of their own, beside whatever slice is running."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from newsletter.delivering.circuits import judge_servers
from newsletter.delivering.means import Means
from newsletter.delivering.note_claims import NoteClaims
from newsletter.delivering.note_writing import NoteWriting
from newsletter.digest import Digest
from newsletter.outcomes import State
from newsletter.store import Database
from newsletter.store.digests import digest_as_sent
from newsletter.store.notes import sweep_notes
from newsletter.store.notices import add_notice
from newsletter.store.servers import standings
from newsletter.transport import Report, Transport

CONNECTIONS = 4
"""The most to each server.  Opened as they are needed, so that a note on a slow wire does not hold up the next."""


def deliver_notes(
    here: Means,
    *,
    rung: threading.Event | None = None,
    linger: float = 0.0,
    enough: Callable[[], bool] = lambda: False,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Deliver the notes that are due, and those that come while it runs; return how many a server took.

    It ends when nothing has been in hand for `linger` seconds, in which its connections stay open; `rung`, set, has it
    look again at once.  `enough` and `stop` end it early: what is on the wire is finished (`stop`: for a while), the
    rest released.  Does nothing if every server is out.
    """
    database, settings, servers, rung = here.database, here.settings, here.servers, rung or threading.Event()
    with database.transaction() as session:
        sweep_notes(session)
        known = standings(session, [server.label for server in servers])
    fit = [server for server in servers if not known[server.label].out_for]
    if not fit:
        rung.clear()  # heard, and in vain; the beat rings again
        return 0
    ours = [replace(server, connections=min(server.connections, CONNECTIONS)) for server in fit]
    claims = NoteClaims(
        database,
        NoteWriting(here.publication, here.keyring, here.signers, digest_of=partial(_digest_of, database)),
        clock=here.clock,
        lease_seconds=settings.lease_seconds,
        connections=sum(server.connections for server in ours),
        limits={server.label: server.per_minute for server in servers},
        per_minute=settings.per_minute,
        rung=rung,
        linger=linger,
        enough=lambda: enough() or stop(),
    )
    with claims:
        # Somebody waits for each: none is begun behind the dot of another, to wait for that one's answer too.
        transport = Transport(*ours, stop=lambda: stop() or claims.lost, enough=enough, ahead=False)
        report = transport.deliver(claims.next, claims)
    none_left = len(report.outs.keys() | report.unreachables.keys()) == len(fit)
    _conclude(
        database, report, alone=len(servers) == 1, readers_wait=none_left and claims.readers_wait, now=here.clock()
    )
    return report.states.get(State.SENT, 0)


def _digest_of(database: Database, id: int) -> Digest | None:
    with database.reading() as session:
        return digest_as_sent(session, id)


def _conclude(database: Database, report: Report, *, alone: bool, readers_wait: bool, now: datetime) -> None:
    """Write down how the servers fared; tell the operator if no server would take what readers wait for.

    Only then: if it is the operator's notes that wait, each notice would be one more of them.
    """
    with database.transaction() as session:
        judge_servers(session, report, report.outs, alone=alone, now=now)
        if readers_wait and report.outs:
            add_notice(session, "server-out", now=now, text=str(report.out))
        elif readers_wait and report.unreachables:
            add_notice(session, "server-unreachable", now=now, text=report.unreachable)
