"""Finding what was sealed with an older key, and putting in its place what was sealed with the one in use.

From the newest row down, so that the oldest tells which keys are needed until the last value is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, select, update
from sqlalchemy.orm import Session

from newsletter.keyfile import KID
from newsletter.store.keys import SEALED, Sealed


@dataclass(frozen=True, slots=True, repr=False)
class OldSeal:
    """A value that was sealed with an older key."""

    id: int
    value: bytes
    bound_to: bytes


@dataclass(frozen=True, slots=True, repr=False)
class NewSeal:
    """What is to stand in the place of a value, if that still stands there."""

    id: int
    instead_of: bytes
    value: bytes


def count_old_seals(session: Session, kid: bytes) -> int:
    """Count the values that were not sealed with the key of that id."""
    return sum(
        session.scalar(select(func.count()).select_from(where.id.class_).where(_is_older(where, kid))) or 0
        for where in SEALED
    )


def old_seals(session: Session, where: Sealed, kid: bytes, *, below: int | None, limit: int) -> Sequence[OldSeal]:
    """Return values that were not sealed with the key of that id, of the newest rows first; those `below` an id."""
    wanted = select(where.id, where.value, where.bound_to).where(_is_older(where, kid))
    if below is not None:
        wanted = wanted.where(where.id < below)
    return [OldSeal(*row) for row in session.execute(wanted.order_by(where.id.desc()).limit(limit))]


def put_seals(session: Session, where: Sealed, seals: Sequence[NewSeal]) -> int:
    """Write values down in the place of those that they were made of; return how many still stood there.

    Who leaves at this moment is not brought back, and who moves keeps the new address.
    """
    if not seals:
        return 0
    same_still = (where.id == bindparam("row"), where.value == bindparam("instead_of"))
    statement = update(where.id.class_).where(*same_still).values({where.value: bindparam("new")})
    # In the order of ids, in which others lock, too, who change many rows.
    rows = [
        {"row": one.id, "instead_of": one.instead_of, "new": one.value} for one in sorted(seals, key=attrgetter("id"))
    ]
    # Not by the session, which would take a list for rows with their primary keys.
    return session.connection().execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def _is_older(where: Sealed, kid: bytes) -> ColumnElement[bool]:
    return func.substr(where.value, 1, KID, type_=LargeBinary) != kid  # not true of what is blank
