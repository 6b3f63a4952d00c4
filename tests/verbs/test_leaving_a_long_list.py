"""Leaving must not take longer on a long list: nothing of it reads a table through."""

from typing import Any

import pytest
from sqlalchemy import event

from newsletter.store import Session
from newsletter.store.schema import METADATA
from newsletter.store.subscribers import SubscriberRow
from tests.verbs.conftest import Installation
from tests.verbs.readers import NEW, access_link, add, ask_move, erase, leave


def explain(session: Session, statement: str, parameters: Any) -> list[str]:
    steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [step.detail for step in steps]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("erased", [False, True])
def test_every_statement_finds_its_rows_by_an_index(here: Installation, erased: bool) -> None:
    ref, said = add(here), []
    token = access_link(here, ref)
    ask_move(here, token, NEW)  # so that there is something to call off, too

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        said.append((statement, parameters))

    event.listen(here.database.engine, "before_cursor_execute", listen)
    assert erase(here, token) if erased else leave(here, ref)
    event.remove(here.database.engine, "before_cursor_execute", listen)
    with here.database.reading() as session:
        plans = {statement: explain(session, statement, parameters) for statement, parameters in said}
    assert any("DELETE FROM subscribers" in statement for statement in plans)
    assert {statement: plan for statement, plan in plans.items() if any("SCAN" in step for step in plan)} == {}


def test_what_goes_with_a_subscriber_is_found_by_an_index_too() -> None:
    """The database looks for it itself, and no plan shows how."""
    theirs = [
        column
        for table in METADATA.tables.values()
        for column in table.columns
        if any(key.column.table is SubscriberRow.__table__ for key in column.foreign_keys)
    ]
    assert {column.table.name for column in theirs} >= {"bounces", "consents"}
    for column in theirs:
        leading = [next(iter(index.columns)) for index in column.table.indexes]
        assert column in leading, column
