"""Two doors at once: one reader of a domain leaves while another of the same domain comes."""

import threading

from sqlalchemy import func, select

from newsletter import addresses, subscribing, tokens
from newsletter.store.domains import DomainRow
from newsletter.store.subscribers import SubscriberRow
from newsletter.subscribing import Wish
from tests.verbs.conftest import Installation


def test_a_domain_may_lose_its_last_reader_while_it_gains_another(here: Installation) -> None:
    edition = here.publication.edition("en")
    today = here.clock().date()
    failed: list[BaseException] = []
    _ = here.keyring

    def add(name: str) -> None:
        with here.database.transaction() as session:
            wish = Wish(addresses.parse(f"{name}@own.example"), edition, edition.languages)
            subscribing.add(session, here.keyring, [wish], today=today)

    def leave() -> None:
        with here.database.transaction() as session:
            reader = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id)).first()
            assert reader is not None
            token = tokens.make(here.keyring, tokens.Purpose.LEAVE, reader.ref)
            subscribing.leave(session, here.keyring, token, today=today)

    def together(start: threading.Barrier, deed: object, *words: str) -> None:
        try:
            start.wait()
            deed(*words)  # type: ignore[operator]
        except BaseException as error:
            failed.append(error)

    add("reader-0")
    for turn in range(1, 20):
        start = threading.Barrier(2)
        both = [
            threading.Thread(target=together, args=(start, leave)),
            threading.Thread(target=together, args=(start, add, f"reader-{turn}")),
        ]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert failed == []
        with here.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(SubscriberRow)) == 1
            assert session.scalar(select(func.count()).select_from(DomainRow)) == 1
