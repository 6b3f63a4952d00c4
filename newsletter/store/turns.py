"""Turns: who changes something about an address waits for whoever is at it.

A reader's subscriber, askings and notes are rows of several tables, and two doors may come to them from two sides: a
link pressed twice, a leave beside a confirmation.  Without turns each could hold the row that the other one wants.
SQLite lets transactions that write take turns anyway.
"""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from newsletter.store.dialects import is_sqlite


def take_turns(session: Session, *whose: bytes | Select[bytes]) -> None:
    """Wait until nobody else changes anything about these addresses, then hold them to the end.

    `whose`: look-up values, or what selects them.  Take them first, and all at once; again is no harm.
    """
    if not is_sqlite(session):
        found = [[one] if isinstance(one, bytes) else session.scalars(one) for one in whose]
        for lookup in sorted({lookup for some in found for lookup in some}):
            session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(lookup[-8:], signed=True))))
