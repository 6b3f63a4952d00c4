"""The one hot statement: marks of the next messages and outcomes of the last ones, fenced, in one commit.

The one file that may use the raw driver (docs/decisions/0003): through SQLAlchemy Core the path is 0.6 as fast.  A mark
names a row that is still owed, of a digest that is sending, to a subscriber who is active; an outcome names a row whose
worker still holds its lease.  No row back, no dot.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy.exc import OperationalError

from newsletter.outcomes import Outcome
from newsletter.store.database import Database, DatabaseAway
from newsletter.store.sqlite import begin_to_write


class Settled(NamedTuple):
    """An outcome with what follows from it: when to try again, and whether it counts as an answer or a crash."""

    outcome: Outcome
    not_before: datetime | None = None
    answered: bool = False
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush found: whether the lease was alive (if not, nothing was written), and the rows marked."""

    alive: bool
    marked: frozenset[int]


class Ledger(Protocol):
    """The flush, on a connection of its own that one thread uses."""

    def flush(self, worker_id: int, marks: Sequence[int], outcomes: Mapping[int, Settled], *, now: datetime) -> Flushed:
        """Write and commit; an id stands in `marks` or in `outcomes`, not in both.

        Raises
        DatabaseAway: it went away; what was asked may have been committed or not, and may be asked again.
        """
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...

    def abandon(self) -> None:
        """Throw away a connection that has failed."""
        ...


def open_ledger(database: Database) -> Ledger:
    """Return the ledger of whichever database this is."""
    return _SqliteLedger(database) if database.is_sqlite else _PostgresqlLedger(database)


_POSTGRESQL = """
WITH alive AS MATERIALIZED (
  SELECT 1 FROM workers
   WHERE id = %(worker)s AND lease_until > extract(epoch FROM clock_timestamp()) FOR SHARE
), marked AS (
  UPDATE deliveries d
     SET state = 'sending', first_at = coalesce(d.first_at, %(now)s), at = %(now)s
    FROM alive, digests g, subscribers s
   WHERE d.id = ANY(%(marks)s::bigint[]) AND d.state IN ('queued', 'deferred')
     AND g.id = d.digest_id AND g.state = 'sending'
     AND s.id = d.subscriber_id AND s.state = 'active'
  RETURNING d.id
), settled AS (
  UPDATE deliveries d
     SET state = v.state, reason = v.reason, not_before = v.not_before, server = v.server, code = v.code,
         enhanced = v.enhanced, text = v.text, attempts = d.attempts + v.answered, crashes = d.crashes + v.crashed,
         first_at = CASE WHEN v.answered = 1 THEN coalesce(d.first_at, %(now)s) ELSE d.first_at END, at = %(now)s
    FROM alive, unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(not_befores)s::timestamptz[],
                       %(servers)s::text[], %(codes)s::int[], %(enhanceds)s::text[], %(texts)s::text[],
                       %(answereds)s::int[], %(crasheds)s::int[])
         AS v(id, state, reason, not_before, server, code, enhanced, text, answered, crashed)
   WHERE d.id = v.id AND d.state IN ('sending', 'queued', 'deferred')
)
SELECT (SELECT count(*) FROM alive), ARRAY(SELECT id FROM marked)
"""

_FIELDS = ("state", "reason", "not_before", "server", "code", "enhanced", "text", "answered", "crashed")


def _values(settled: Settled) -> tuple[Any, ...]:
    said = settled.outcome
    return (
        said.state.value,
        said.reason.value if said.reason else None,
        settled.not_before,
        said.server or None,
        said.code,
        said.enhanced or None,
        said.text or None,
        int(settled.answered),
        int(settled.crashed),
    )


def _array(values: Iterable[object]) -> str:
    """Write an array literal: a flush has eleven of them, and psycopg would take five times as long."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class _PostgresqlLedger:
    def __init__(self, database: Database) -> None:
        self._database = database
        with _away_if_it_fails(database):
            pooled = database.engine.raw_connection()
            self._raw = cast("Any", pooled.driver_connection)
            pooled.detach()  # ours alone from here: its mode is not the pool's
            self._raw.autocommit = True  # the one statement is the transaction

    def flush(self, worker_id: int, marks: Sequence[int], outcomes: Mapping[int, Settled], *, now: datetime) -> Flushed:
        columns = list(zip(*map(_values, outcomes.values()), strict=True)) or [()] * len(_FIELDS)
        given: dict[str, Any] = {"worker": worker_id, "now": now, "marks": _array(marks), "ids": _array(outcomes)}
        given |= {f"{name}s": _array(column) for name, column in zip(_FIELDS, columns, strict=True)}
        with _away_if_it_fails(self._database):
            alive, marked = self._raw.execute(_POSTGRESQL, given, prepare=True).fetchone()
        return Flushed(bool(alive), frozenset(marked))

    def close(self) -> None:
        self._raw.close()

    abandon = close


_ALIVE = "SELECT 1 FROM workers WHERE id = ? AND lease_until > (julianday('now') - 2440587.5) * 86400.0"

# One set of values, one row back: Python's driver gives the GIL away for each, and beside a busy event loop it gets it
# back late.
_OPEN = """
SELECT json_group_array(d.id) FROM deliveries d
 WHERE d.id IN (SELECT value FROM json_each(?)) AND d.state IN ('queued', 'deferred')
   AND EXISTS (SELECT 1 FROM digests g WHERE g.id = d.digest_id AND g.state = 'sending')
   AND EXISTS (SELECT 1 FROM subscribers s WHERE s.id = d.subscriber_id AND s.state = 'active')
"""

_MARK = """
UPDATE deliveries SET state = 'sending', first_at = coalesce(first_at, ?2), at = ?2
 WHERE id IN (SELECT value FROM json_each(?1))
"""

_SETTLE = """
UPDATE deliveries
   SET state = v.state, reason = v.reason, not_before = v.not_before, server = v.server, code = v.code,
       enhanced = v.enhanced, text = v.text, attempts = attempts + v.answered, crashes = crashes + v.crashed, at = ?2,
       first_at = CASE WHEN v.answered = 1 THEN coalesce(first_at, ?2) ELSE first_at END
  FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS state,
               json_extract(value, '$[2]') AS reason, json_extract(value, '$[3]') AS not_before,
               json_extract(value, '$[4]') AS server, json_extract(value, '$[5]') AS code,
               json_extract(value, '$[6]') AS enhanced, json_extract(value, '$[7]') AS text,
               json_extract(value, '$[8]') AS answered, json_extract(value, '$[9]') AS crashed
          FROM json_each(?1)) AS v
 WHERE deliveries.id = v.id AND deliveries.state IN ('sending', 'queued', 'deferred')
"""


class _SqliteLedger:
    def __init__(self, database: Database) -> None:
        self._database = database
        with _away_if_it_fails(database):
            self._pooled = database.engine.raw_connection()
            self._raw = cast("Any", self._pooled.driver_connection)

    def flush(self, worker_id: int, marks: Sequence[int], outcomes: Mapping[int, Settled], *, now: datetime) -> Flushed:
        at = _as_stored(now)
        settled = json.dumps([(id, *self._row(one)) for id, one in outcomes.items()], ensure_ascii=False)
        marked: list[int] = []
        with self._database.writing, _away_if_it_fails(self._database):
            begin_to_write(self._raw)  # the lease cannot be taken away before the commit
            try:
                alive = self._raw.execute(_ALIVE, (worker_id,)).fetchone() is not None
                if alive and outcomes:
                    self._raw.execute(_SETTLE, (settled, at))
                if alive and marks:
                    (found,) = self._raw.execute(_OPEN, (json.dumps(list(marks)),)).fetchone()
                    self._raw.execute(_MARK, (found, at))
                    marked = json.loads(found)
                self._raw.execute("COMMIT")
            except BaseException:
                self._raw.rollback()
                raise
        return Flushed(alive, frozenset(marked))

    @staticmethod
    def _row(settled: Settled) -> tuple[Any, ...]:
        state, reason, not_before, *rest = _values(settled)
        return (state, reason, not_before and _as_stored(not_before), *rest)

    def close(self) -> None:
        self._pooled.close()

    def abandon(self) -> None:
        self._pooled.invalidate()


@contextmanager
def _away_if_it_fails(database: Database) -> Iterator[None]:
    driver: Any = database.engine.dialect.dbapi
    try:
        yield
    except (driver.OperationalError, driver.InterfaceError) as error:
        raise DatabaseAway(f"the database went away ({type(error).__name__})") from None
    except OperationalError:
        raise DatabaseAway("the database does not answer") from None


def _as_stored(instant: datetime) -> str:
    """Write an instant as the column type `Instant` does on SQLite."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
