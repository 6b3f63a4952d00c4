"""What is kept about one reader, for an operator who was asked; all but the address, which the operator has typed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.addresses import Address
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingRow
from newsletter.store.consents import consents_of
from newsletter.store.deliveries import digests_had
from newsletter.store.inquiry import NoteHad, Suppression, askings_under, notes_had, suppression_of
from newsletter.store.subscribers import SubscriberRow
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
    """Return all that is kept under an address."""
    lookups = keyring.lookups(address.canonical)
    row = subscriber_at(session, keyring, address)
    suppression = suppression_of(session, lookups)
    return Known(
        None if row is None else row.ref.hex(),
        None if row is None else _subscriber(session, row),
        [_asking(one) for one in askings_under(session, lookups, now=now)],
        [_note(one) for one in notes_had(session, lookups)],
        suppression and _suppression(suppression),
    )


def _subscriber(session: Session, row: SubscriberRow) -> dict[str, Any]:
    return {
        "ref": row.ref.hex(),
        "state": row.state.value,
        "stop_reason": row.stop_reason,
        "paused_until": row.paused_until and row.paused_until.isoformat(),
        "since": row.since_day.isoformat(),
        "edition": row.edition,
        "languages": row.languages.split(),
        "variant": row.variant.value,
        "spoken_to_in": row.tongue,
        "consents": [
            {"text_version": one.text_version, "language": one.tongue, "door": one.door, "day": one.day.isoformat()}
            for one in consents_of(session, row.id)
        ],
        "digests": [
            {
                "week": had.week,
                "state": had.state.value,
                "reason": had.reason,
                "at": had.at and had.at.isoformat(),
                "server_said": had.text,
            }
            for had in digests_had(session, row.id)
        ],
    }


def _asking(row: AskingRow) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "state": row.state.value,
        "edition": row.edition,
        "languages": (row.languages or "").split(),
        "variant": row.variant and row.variant.value,
        "spoken_to_in": row.tongue,
        "door": row.door,
        "expires": row.expires_at.isoformat(),
    }


def _note(one: NoteHad) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "day": one.day.isoformat(),
        "state": one.state.value,
        "reason": one.reason,
        "server_said": one.text,
    }


def _suppression(one: Suppression) -> dict[str, Any]:
    return {"reason": one.reason.value, "day": one.day.isoformat()}
