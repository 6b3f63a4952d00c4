"""Pages that a reader's own links open: one reader, and what tests look at there."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import html
from pydantic import SecretStr
from sqlalchemy import select

from newsletter import subscribing
from newsletter.store.askings import AskingRow
from newsletter.store.choices import keep_silent, subscriber_to_change
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.tokens import Purpose
from tests.servers.pages import NOW, Answer, Pages, add_reader, runtime_at

ADDRESS = "reader@example.org"
CODES = pytest.mark.parametrize("code", ["be", "ru", "en"])


@pytest.fixture
def pages(database_url: str, tmp_path: Path, broker_url: str) -> Iterator[Pages]:
    """Pages beside a real Valkey, so that what is limited is counted."""
    with Pages(runtime_at(database_url, tmp_path, broker_url=SecretStr(broker_url))) as running:
        yield running


@pytest.fixture
def ref(pages: Pages) -> bytes:
    """The only reader, of the full letter, who has chosen Russian first."""
    return add_reader(pages.runtime, ADDRESS)


@pytest.fixture
def path(pages: Pages, ref: bytes) -> str:
    """The preferences page of the only reader."""
    return f"/be/preferences/{pages.token(Purpose.PREFERENCES, ref)}"


@pytest.fixture
def mine(pages: Pages, ref: bytes) -> str:
    """The page behind the link that was mailed to the only reader."""
    keyring = pages.runtime.keyring
    with pages.runtime.database.transaction() as session:
        token = pages.token(Purpose.PREFERENCES, ref)
        assert subscribing.ask_access(session, keyring, token, now=NOW)
        asking = session.scalars(select(AskingRow)).one()
    return f"/be/me/{pages.token(Purpose.ACCESS, asking.ref)}"


def reader(pages: Pages) -> SubscriberRow:
    with pages.runtime.database.reading() as session:
        return session.scalars(select(SubscriberRow)).one()


def chosen(pages: Pages) -> tuple[str, str, str, date | None]:
    row = reader(pages)
    return row.edition, row.languages, row.variant.value, row.paused_until


def silence(pages: Pages, ref: bytes, until: date) -> None:
    with pages.runtime.database.transaction() as session:
        row = subscriber_to_change(session, ref=ref)
        assert row is not None
        keep_silent(session, row, until)


def notes(pages: Pages) -> list[str]:
    """The kinds of all notes, in the order they were owed."""
    with pages.runtime.database.reading() as session:
        return [row.kind for row in session.scalars(select(NoteRow).order_by(NoteRow.id))]


def form_in(answer: Answer, number: int = 0) -> dict[str, str]:
    """What a browser would send of a form as it stands."""
    return dict(html.document_fromstring(answer.text).cssselect("main form")[number].form_values())


def ticked(answer: Answer) -> dict[str, str]:
    """What the first form says, without its hidden time."""
    return {name: value for name, value in form_in(answer).items() if name != "form"}


def is_private(answer: Answer) -> bool:
    """Whether an answer is nobody's to keep, to list or to tell, and its title gives nothing away."""
    return (
        answer.headers["cache-control"] == "no-store"
        and answer.headers["x-robots-tag"] == "noindex"
        and answer.headers["referrer-policy"] == "same-origin"
        and "set-cookie" not in answer.headers
        and 'rel="alternate"' not in answer.text
        and "<script" not in answer.text
        and "<title>Тыдзень" not in answer.text
    )


def says_nothing_of_the_reader(answer: Answer) -> bool:
    """Whether the address is nowhere in it."""
    return is_private(answer) and ADDRESS not in answer.text
