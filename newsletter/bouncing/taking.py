"""Taking a report: whom it is about, and writing it down.  What follows from it is judged for several at once."""

from datetime import date, datetime, timedelta

from newsletter.badnews import BounceKind, BounceReport, Suspect
from newsletter.bouncing.judging import Judged
from newsletter.outcomes import Reason
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.bounces import BounceRow, got_mail_since, newest_taken
from newsletter.store.choices import subscriber_to_change
from newsletter.store.note_retention import came_back
from newsletter.store.subscribers import SubscriberRow

RECENT = timedelta(days=14)
"""An address by itself names a reader only if something was sent there so lately: anybody may write anything."""


REASONS = {
    BounceKind.BAD_ADDRESS: Reason.BAD_ADDRESS,
    BounceKind.MAILBOX_FULL: Reason.MAILBOX_FULL,
    BounceKind.POLICY: Reason.POLICY,
    BounceKind.LATER: Reason.EXPIRED,
}
"""What a note says for itself when it came back."""


def take_report(
    session: Session,
    keyring: Keyring,
    report: BounceReport,
    *,
    source: str,
    is_signed: bool = False,
    received_id: int | None,
    now: datetime,
    today: date,
) -> Judged | None:
    """Write down that a digest came back; None where the report names no reader.

    If it was a note, that is noted there.  `is_signed`: by a provider that has proven who it is.
    """
    suspect = report.suspect
    reader = find(session, keyring, suspect, now=now)
    if reader is None:
        if (note := suspect.whose) is not None:
            came_back(session, note, REASONS.get(report.kind, Reason.OTHER), report.text)
        return None
    named = suspect.named
    digest_id = named.digest_id if named and named.ref == reader.ref else newest_taken(session, reader.id)
    session.add(
        BounceRow(
            subscriber_id=reader.id,
            digest_id=digest_id,
            kind=report.kind,
            enhanced=report.enhanced or None,
            text=report.text or None,
            source=source,
            proven=is_signed or suspect.is_proven,
            received_id=received_id,
            day=today,
        )
    )
    session.flush()
    return Judged(reader.id, digest_id, report.kind)


def find(session: Session, keyring: Keyring, suspect: Suspect, *, now: datetime) -> SubscriberRow | None:
    """Return the reader a report is about, locked: by a token, else a Message-ID, else an address written to lately."""
    if (ref := suspect.whose) is not None:
        return subscriber_to_change(session, ref=ref)
    if suspect.address is None:
        return None
    found = subscriber_to_change(session, lookups=keyring.lookups(suspect.address.canonical))
    return found if found is not None and got_mail_since(session, found.id, now - RECENT) else None
