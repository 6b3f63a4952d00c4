"""What is kept about a reader, in words fit for JSON: the same whether they ask for it or an operator looks.

Never an address, nor a `ref`: who shows them says so.
"""

from collections.abc import Sequence
from typing import Any

from newsletter.store import Session
from newsletter.store.askings import AskingRow
from newsletter.store.bounces import bounces_of
from newsletter.store.consents import consents_of
from newsletter.store.deliveries import digests_had
from newsletter.store.inquiry import notes_had
from newsletter.store.subscribers import SubscriberRow


def of_subscriber(session: Session, row: SubscriberRow) -> dict[str, Any]:
    """Return what a subscriber reads and how they stand, each consent, what became of each digest, and what came
    back of it later."""
    return {
        "edition": row.edition,
        "languages": row.languages.split(),
        "variant": row.variant.value,
        "spoken_to_in": row.tongue,
        "state": row.state.value,
        "paused_until": row.paused_until and row.paused_until.isoformat(),
        "stop_reason": row.stop_reason,
        "since": row.since_day.isoformat(),
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
        "came_back": [
            {
                "week": week,
                "day": one.day.isoformat(),
                "kind": str(one.kind),
                "enhanced": one.enhanced,
                "server_said": one.text,
                "told_by": one.source,
                "counts": week is not None and week > (row.forgiven_week or ""),
            }
            for one, week in bounces_of(session, row.id)
        ],
    }


def of_asking(row: AskingRow) -> dict[str, Any]:
    """Return what was asked for, by which door, and how far it has come."""
    return {
        "kind": row.kind.value,
        "state": row.state.value,
        "edition": row.edition,
        "languages": (row.languages or "").split(),
        "variant": row.variant and row.variant.value,
        "spoken_to_in": row.tongue,
        "door": row.door,
        "until": row.expires_at.isoformat(),
    }


def of_notes(session: Session, lookups: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return what became of each note that was owed to an address lately, newest first."""
    return [
        {
            "kind": had.kind,
            "day": had.day.isoformat(),
            "state": had.state.value,
            "reason": had.reason,
            "server_said": had.text,
        }
        for had in notes_had(session, lookups)
    ]
