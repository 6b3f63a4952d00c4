"""What a post of the form does to the database: one row written, whoever's the address is, and nobody looked up."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event

from newsletter import addresses, subscribing
from newsletter.languages import Language
from newsletter.runtime import Runtime
from newsletter.store.suppressions import SuppressionReason, suppress
from tests.servers.forms import press
from tests.servers.pages import NOW, Pages, add_reader, runtime_at

STATES = ("new", "asked", "active", "left", "complained")


@pytest.fixture
def pages(database_url: str, tmp_path: Path, broker_url: str) -> Iterator[Pages]:
    """Pages with an address of every state."""
    here = runtime_at(database_url, tmp_path, broker_url=SecretStr(broker_url), form_seconds=0)
    add_reader(here, "active@example.org")
    with here.database.transaction() as session:
        for name, reason in (("left", SuppressionReason.LEFT), ("complained", SuppressionReason.COMPLAINT)):
            suppress(session, here.keyring.lookup(f"{name}@example.org"), reason, today=NOW.date())
        edition = here.publication.edition("en")
        wish = subscribing.Wish(addresses.parse("asked@example.org"), edition, edition.languages)
        subscribing.ask(session, here.keyring, wish, tongue=Language("en"), door="web", now=NOW)
    with Pages(here) as running:
        yield running


@contextmanager
def heard(here: Runtime) -> Iterator[list[str]]:
    """Write down the statements that the database gets, without what opens and closes a transaction."""
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT pg_catalog", "COMMIT")):
            statements.append(statement)

    event.listen(here.database.engine, "before_cursor_execute", hear)
    yield statements
    event.remove(here.database.engine, "before_cursor_execute", hear)


def test_a_post_is_one_row_and_no_question_whoever_it_names(pages: Pages) -> None:
    with heard(pages.runtime) as shown:
        pages.ask("/en/subscribe")
    for name in STATES:
        form = {"email": f"{name}@example.org", "choice": "en:en", "variant": "full", "consent": "yes"}
        with heard(pages.runtime) as statements:
            assert press(pages, "/en/subscribe", **form).status == 303
        posted = statements[len(shown) :]
        assert [statement.split()[:3] for statement in posted] == [["INSERT", "INTO", "askings"]], name


@pytest.mark.parametrize("wrong", [{"email": "no address"}, {"consent": None}, {"website": "x"}, {"choice": "x"}])
def test_a_post_that_is_wrong_asks_the_database_nothing(pages: Pages, wrong: dict[str, str | None]) -> None:
    form: dict[str, str | None] = {"email": "active@example.org", "choice": "en:en", "consent": "yes"}
    with heard(pages.runtime) as shown:
        pages.ask("/en/subscribe")
    with heard(pages.runtime) as statements:
        press(pages, "/en/subscribe", **form | wrong)
    assert statements[len(shown) :] == []
