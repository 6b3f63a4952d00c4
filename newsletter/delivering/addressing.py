"""Addressing: a letter, written once and compiled once a slice, becomes the bytes one reader gets."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import repeat

from newsletter import messageids, tokens
from newsletter.letters import Addressable, Addressee, Letter, Signers
from newsletter.sealing import Keyring, Unsealable
from newsletter.store import Database, Session
from newsletter.store.letters import LetterRow
from newsletter.store.open_deliveries import OpenDelivery
from newsletter.transport import Envelope


class Addressing:
    """Makes envelopes of deliveries; keeps the compiled letters of one slice."""

    def __init__(self, database: Database, keyring: Keyring, signers: Signers) -> None:
        self._database = database
        self._keyring = keyring
        self._signers = signers
        self._letters: dict[int, tuple[Letter, int, Addressable]] = {}

    def envelopes(self, deliveries: Sequence[OpenDelivery], *, now: datetime) -> list[Envelope]:
        """Return an envelope for each delivery, in their order; none for one whose address cannot be opened.

        Raises
        Unsealable: not one of several can be opened: it is the key that is wrong, not the rows.
        """
        for letter_id in {delivery.letter_id for delivery in deliveries} - self._letters.keys():
            with self._database.reading() as session:
                letter, digest_id = _load(session, letter_id)
            self._letters[letter_id] = (letter, digest_id, self._signers.compile(letter))
        if self._signers.by_domain:
            with ThreadPoolExecutor(os.cpu_count()) as pool:  # signing releases the GIL, and costs more than all else
                made = list(pool.map(self._envelope, deliveries, repeat(now)))
        else:
            made = [self._envelope(delivery, now) for delivery in deliveries]
        envelopes = [envelope for envelope in made if envelope is not None]
        if len(deliveries) > 1 and not envelopes:
            raise Unsealable(f"none of {len(deliveries)} sealed addresses can be opened with this key file")
        return envelopes

    def _envelope(self, delivery: OpenDelivery, now: datetime) -> Envelope | None:
        letter, digest_id, compiled = self._letters[delivery.letter_id]
        try:
            to = self._keyring.open(delivery.sealed, bound_to=delivery.ref)
        except Unsealable:
            return None
        addressee = Addressee(
            to=to,
            leave=tokens.make(self._keyring, tokens.Purpose.LEAVE, delivery.ref),
            preferences=tokens.make(self._keyring, tokens.Purpose.PREFERENCES, delivery.ref),
            message_id=messageids.message_id(self._keyring, digest_id, delivery.ref, delivery.copy),
            date=delivery.first_at or now,
        )
        return_path = tokens.return_path(self._keyring, delivery.ref, letter.sender)
        return Envelope(delivery.id, return_path, to, compiled.address(addressee))


def _load(session: Session, letter_id: int) -> tuple[Letter, int]:
    row = session.get_one(LetterRow, letter_id)
    letter = Letter(
        edition=row.edition,
        languages=tuple(row.languages.split()),
        variant=row.variant,
        subject=row.subject,
        sender=row.sender,
        headers=row.headers,
        leave_url=row.leave_url,
        text=row.text,
        html=row.html,
    )
    return letter, row.digest_id
