"""What all tables share: names of constraints, instants that are always aware, ids."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData, SmallInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """Every table; constraints have names, so that a migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """An aware instant.  SQLite would take a naive one and give a naive one back: both are refused here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive value; SQLite stores UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive instant")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(values: type[StrEnum], name: str) -> Any:
    """Return the column type for a closed set of words: text with a CHECK that both databases enforce."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=12,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in a column declared INTEGER."""

Id = Annotated[int, mapped_column(BigId, primary_key=True)]


class Answered:
    """What a server said last (`text` is scrubbed), when the first try was, and when the row last changed."""

    server: Mapped[str | None] = mapped_column(String(255))
    code: Mapped[int | None] = mapped_column(SmallInteger)
    enhanced: Mapped[str | None] = mapped_column(String(12))
    text: Mapped[str | None] = mapped_column(String(300))
    first_at: Mapped[datetime | None] = mapped_column(Instant)
    at: Mapped[datetime | None] = mapped_column(Instant)
