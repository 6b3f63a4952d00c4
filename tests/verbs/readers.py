"""One reader, as tests make, change and look for them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from newsletter import addresses, publishing, subscribing
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.notes import NoteKind
from newsletter.outcomes import Reason, State
from newsletter.store.askings import AskingKind, AskingRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.letters import LetterRow
from newsletter.store.notes import NoteRow
from newsletter.store.schema import METADATA
from newsletter.store.subscribers import SubscriberRow
from newsletter.subscribing import Limits, Wish
from newsletter.tokens import Purpose, make
from newsletter.weeks import Week
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.notes import deliver as deliver_notes
from workers.readers import answer_waiting

ANNA = "anna@example.org"
NEW = "new@other.example"
LIMITS = Limits(per_day=1, per_month=3)


def today(here: Installation) -> date:
    return here.clock().date()


def add(here: Installation, name: str = ANNA, edition: str = "be-ru", variant: Variant = Variant.FULL) -> bytes:
    """Make a subscriber; return the `ref`."""
    wanted = here.publication.edition(edition)
    wish = Wish(addresses.parse(name), wanted, wanted.languages, variant)
    with here.database.transaction() as session:
        assert subscribing.add(session, here.keyring, [wish], today=today(here)) == [True]
        (ref,) = subscribing.refs_of(session, here.keyring, [wish])
    return ref


def row(here: Installation, ref: bytes) -> SubscriberRow | None:
    with here.database.reading() as session:
        return session.scalar(select(SubscriberRow).where(SubscriberRow.ref == ref))


def rows(here: Installation, table: type[Any]) -> Sequence[Any]:
    with here.database.reading() as session:
        return session.scalars(select(table).order_by(table.id)).all()


def change(
    here: Installation,
    ref: bytes,
    edition: str = "be-ru",
    order: tuple[str, ...] = (),
    variant: Variant = Variant.FULL,
    silent_days: int | None = None,
) -> int | None:
    """Change what a reader gets, as a door does; return how many digests are owed again, None if they are gone."""
    wanted = here.publication.edition(edition)
    token = make(here.keyring, Purpose.PREFERENCES, ref)
    with here.database.transaction() as session:
        done = subscribing.change(
            session,
            here.keyring,
            token,
            edition=wanted,
            order=wanted.order(order),
            variant=variant,
            silent_until=None if silent_days is None else today(here) + timedelta(days=silent_days),
            today=today(here),
        )
        if done is None:
            return None
        return publishing.owe_afresh(
            session, here.publication, done.released, done.ref, now=here.clock(), batch_size=here.settings.batch_size
        )


def owed(here: Installation) -> list[tuple[str, str, State, Reason | None]]:
    """Every delivery of one week: edition and variant of its letter, state and reason."""
    with here.database.reading() as session:
        found = (
            select(LetterRow.edition, LetterRow.variant, DeliveryRow.state, DeliveryRow.reason)
            .join(LetterRow, LetterRow.id == DeliveryRow.letter_id)
            .order_by(DeliveryRow.id)
        )
        return [tuple(one) for one in session.execute(found)]  # type: ignore[misc]


def waiting(here: Installation, state: State = State.QUEUED) -> dict[str, bytes]:
    """The readers whose letter is owed and not on the wire (or in another state): address and `ref`."""
    with here.database.reading() as session:
        found = session.scalars(
            select(SubscriberRow)
            .join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)
            .where(DeliveryRow.state == state)
        ).all()
        return {here.keyring.open(one.sealed, bound_to=one.ref): one.ref for one in found}


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do them in threads that begin together; return what each gave."""
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [one.result(60) for one in [pool.submit(do, deed) for deed in deeds]]


def is_sound(here: Installation) -> bool:
    with here.database.reading() as session:
        return publishing.check(session, WEEK).is_sound


def ask(here: Installation, name: str = ANNA, edition: str = "en") -> None:
    """Ask for letters, as anybody may, and have it answered."""
    wanted = here.publication.edition(edition)
    wish = Wish(addresses.parse(name), wanted, wanted.languages)
    with here.database.transaction() as session:
        id = subscribing.ask(session, here.keyring, wish, tongue=Language("be"), door="web", now=here.clock())
    with here.database.transaction() as session:
        subscribing.answer(session, here.keyring, id, limits=LIMITS, now=here.clock())


def ask_access(here: Installation, ref: bytes) -> bool:
    with here.database.transaction() as session:
        token = make(here.keyring, Purpose.PREFERENCES, ref)
        return subscribing.ask_access(session, here.keyring, token, now=here.clock())


def access_link(here: Installation, ref: bytes) -> str:
    """Ask for the link to one's data; return what the mail holds."""
    assert ask_access(here, ref)
    asked = [one for one in rows(here, AskingRow) if one.kind is AskingKind.ACCESS and one.subscriber_ref == ref]
    return make(here.keyring, Purpose.ACCESS, asked[-1].ref)


def ask_move(here: Installation, token: str, to: str) -> bool:
    with here.database.transaction() as session:
        address = addresses.parse(to)
        there = subscribing.ask_move(session, here.keyring, token, address, now=here.clock())
    answer_waiting(here)
    return there


def my_data(here: Installation, token: str) -> dict[str, Any] | None:
    with here.database.reading() as session:
        return subscribing.my_data(session, here.keyring, token, now=here.clock())


def in_the_thick_of_it(here: Installation, anna: bytes) -> str:
    """Give a reader one of everything: digests had and owed, mails sent and owed, askings; return the access link."""
    here.plan(Week(2019, 12))
    here.deliver()
    here.plan()
    ask(here, edition="be-ru")  # they have that: a mail that says so, with their `ref` in its facts
    deliver_notes(here)
    here.clock.forward(days=1)
    ask(here, edition="en")
    token = access_link(here, anna)
    assert ask_move(here, token, NEW)
    assert len(rows(here, AskingRow)) == 3
    assert [one.state for one in rows(here, NoteRow)] == [State.SENT, *[State.QUEUED] * 3]
    return token


def erase(here: Installation, token: str) -> bool:
    with here.database.transaction() as session:
        return subscribing.erase(session, here.keyring, token, now=here.clock(), today=today(here))


def leave(here: Installation, ref: bytes) -> bool:
    with here.database.transaction() as session:
        token = make(here.keyring, Purpose.LEAVE, ref)
        return subscribing.leave(session, here.keyring, token, today=today(here))


def confirm(here: Installation, token: str) -> subscribing.Confirmed | None:
    """Press the button behind a confirm link, as a door does."""
    with here.database.transaction() as session:
        done = subscribing.confirm(session, here.keyring, token, now=here.clock(), today=today(here))
        if done is not None:
            publishing.owe_afresh(
                session,
                here.publication,
                done.released,
                done.ref,
                now=here.clock(),
                batch_size=here.settings.batch_size,
            )
        return done


def notes(here: Installation, kind: NoteKind) -> list[NoteRow]:
    return [one for one in rows(here, NoteRow) if one.kind == kind]


def confirm_link(here: Installation, note: NoteRow) -> str:
    return make(here.keyring, Purpose.CONFIRM, bytes.fromhex(note.facts["asking"]))


def traces(here: Installation, *values: bytes | str) -> Iterator[str]:
    """Name every column of every table that holds one of these values, raw or as hexadecimal, whole or within."""
    needles = [form for value in values for form in _forms(value)]
    with here.database.reading() as session:
        for table in METADATA.sorted_tables:
            for found in session.execute(select(table)).mappings():
                for column, content in found.items():
                    held = content if isinstance(content, bytes) else str(content).encode()
                    if any(needle in held for needle in needles):
                        yield f"{table.name}.{column.name if hasattr(column, 'name') else column}"


def _forms(value: bytes | str) -> tuple[bytes, ...]:
    return (value, value.hex().encode()) if isinstance(value, bytes) else (value.encode(),)
