"""What is kept about one reader, for an operator who was asked; all but the address, which the operator has typed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.addresses import Address
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingState, askings_of
from newsletter.store.inquiry import Suppression, suppression_of
from newsletter.subscribing import kept
from newsletter.subscribing.stopping import subscriber_at


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept under an address, fit for JSON.  `ref` names the subscriber in the audit."""

    ref: str | None
    subscriber: dict[str, Any] | None
    askings: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    suppression: dict[str, Any] | None

    @property
    def is_anybody(self) -> bool:
        """Whether there is more than the entry that is to stay."""
        return bool(self.subscriber or self.askings or self.notes)


def known_of(session: Session, keyring: Keyring, address: Address, *, now: datetime) -> Known:
    """Return all that is kept under an address; of askings those that can still be confirmed."""
    lookups = keyring.lookups(address.canonical)
    row = subscriber_at(session, keyring, address)
    suppression = suppression_of(session, lookups)
    return Known(
        None if row is None else row.ref.hex(),
        None if row is None else {"ref": row.ref.hex()} | kept.of_subscriber(session, row),
        [
            kept.of_asking(one)
            for one in askings_of(session, lookups, None if row is None else row.ref)
            if one.state is not AskingState.CONFIRMED and one.expires_at > now
        ],
        kept.of_notes(session, lookups),
        suppression and _suppression(suppression),
    )


def _suppression(one: Suppression) -> dict[str, Any]:
    return {"reason": one.reason.value, "day": one.day.isoformat()}
