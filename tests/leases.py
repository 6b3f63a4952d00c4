"""Leases go by the database's clock: a test lets them end there."""

from sqlalchemy import update

from newsletter.store import Database
from newsletter.store.received import ReceivedRow


def end_leases(database: Database) -> None:
    """Let time pass for whoever holds what came in."""
    with database.transaction() as session:
        session.execute(update(ReceivedRow).where(ReceivedRow.lease_until.is_not(None)).values(lease_until=0.0))
