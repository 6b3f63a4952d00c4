"""What the two databases do differently and SQLAlchemy does not unite."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from newsletter.store.base import Base

T = TypeVar("T")


def is_sqlite(session: Session) -> bool:
    """Say whether this is SQLite: whoever may write is the only one, with nothing to lock and nobody to wait for."""
    return session.get_bind().dialect.name == "sqlite"


def insert_or_ignore(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], returning: InstrumentedAttribute[T]
) -> set[T]:
    """Insert those of `rows` that break no unique constraint; return the `returning` values of those inserted."""
    if not rows:
        return set()
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = insert(cast(Table, table.__table__)).on_conflict_do_nothing().returning(returning)
    return set(session.scalars(statement, rows))
