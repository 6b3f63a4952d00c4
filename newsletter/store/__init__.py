"""The store: SQLAlchemy; a table and its queries in one file."""

from sqlalchemy.exc import DBAPIError as DatabaseFault
from sqlalchemy.exc import OperationalError as DatabaseBusy
from sqlalchemy.orm import Session

from newsletter.store.database import Database, DatabaseAway, open_database

__all__ = ["Database", "DatabaseAway", "DatabaseBusy", "DatabaseFault", "Session", "open_database"]
