"""Which keys a database was written with."""

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from newsletter.sealing import Purpose
from newsletter.store.subscribers import DomainRow, SubscriberRow
from newsletter.store.suppressions import SuppressionRow

_WRITTEN: tuple[tuple[Purpose, type[SubscriberRow | DomainRow | SuppressionRow], InstrumentedAttribute[bytes]], ...] = (
    ("seal", SubscriberRow, SubscriberRow.sealed),
    ("lookup", SubscriberRow, SubscriberRow.lookup),
    # Where everybody left there is no subscriber; who left must still be known.
    ("seal", DomainRow, DomainRow.sealed_name),
    ("lookup", DomainRow, DomainRow.lookup),
    ("lookup", SuppressionRow, SuppressionRow.lookup),
)


def keys_in_use(session: Session) -> list[tuple[Purpose, bytes]]:
    """Return the oldest and the newest value of each kind, with its purpose: do we hold the keys that made them?"""
    found: list[tuple[Purpose, bytes]] = []
    for purpose, table, column in _WRITTEN:
        for order in (table.id.asc(), table.id.desc()):
            value = session.scalar(select(column).order_by(order).limit(1))
            if value is not None:
                found.append((purpose, value))
    return found
