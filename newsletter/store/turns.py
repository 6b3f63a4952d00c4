"""Turns: who changes something about an address waits for whoever is at it.

A reader's subscriber, askings and notes are rows of several tables, and two doors may come to them from two sides: a
link pressed twice, a leave beside a confirmation.  Without turns each could hold the row that the other one wants.
SQLite lets transactions that write take turns anyway.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def take_turns(session: Session, *lookups: bytes) -> None:
    """Wait until nobody else changes anything about these addresses (look-up values), then hold them to the end.

    Take them first, and all at once; again is no harm.
    """
    if session.get_bind().dialect.name == "postgresql":
        for lookup in sorted(set(lookups)):
            session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(lookup[-8:], signed=True))))
